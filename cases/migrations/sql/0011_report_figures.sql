-- The figures that reports count, from the journals, whoever writes; and which kept cells they make stale.

-- ---------------------------------------------------------------- the figures of cases, and the one way to compute them

-- The kinds of event that can change a figure; others need not be looked at.
CREATE FUNCTION casedesk_counts(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT kind IN ('case_opened', 'case_assigned', 'case_waiting', 'case_resumed', 'case_dismissed', 'case_withdrawn',
    'case_merged', 'case_handled', 'case_reopened', 'case_restricted', 'case_unrestricted', 'case_classified',
    'complainant_changed', 'private_declined', 'reply_posted', 'invitation_accepted', 'thread_confirmed',
    'message_sent', 'message_received', 'post_joined', 'post_left', 'decision_recorded', 'action_added',
    'action_started', 'action_completed', 'action_failed', 'action_waived', 'action_proposed_again', 'action_changed', 'action_sent', 'approval_requested',
    'approval_granted', 'approval_refused', 'approval_returned', 'approval_withdrawn', 'approval_voided',
    'answer_sent', 'answer_reached', 'unreachable_recorded', 'confirmation_asked', 'confirmation_given', 'cause_named',
    'note_written')
$$;

CREATE FUNCTION casedesk_figures_of(which bigint[]) RETURNS TABLE (case_id bigint, brand_id bigint, channel_id bigint,
  team_id bigint, owner_id bigint, about_id bigint, category_id bigint, first_category_id bigint, cause_id bigint,
  severity smallint, language text, status text, outcome text, satisfaction text, is_restricted boolean,
  is_guarded boolean, is_running boolean, is_public boolean, is_repeat boolean, posted_at timestamptz,
  received_at timestamptz, replied_at timestamptz, public_at timestamptz, private_at timestamptz,
  declined_at timestamptz, decided_at timestamptz, handled_at timestamptz, ended_at timestamptz,
  confirmed_at timestamptz, back_at timestamptz, moved_on_at timestamptz, reopened smallint, said_no smallint,
  in_queue int, with_owner int, in_approval int, with_complainant int, with_system int, holder text,
  counted_to timestamptz) LANGUAGE sql STABLE AS $$
  WITH line AS (
    SELECT e.stream_id AS case_id, e.seq, e.kind, e.payload, e.occurred_at, e.person_id, e.actor_kind,
      -- What was told later of an earlier instant does not turn the clock back.
      max(e.occurred_at) OVER (PARTITION BY e.stream_id ORDER BY e.seq) AS at,
      CASE WHEN e.kind IN ('action_sent', 'action_completed', 'action_failed', 'action_waived', 'action_proposed_again')
        THEN lag(e.kind = 'action_sent') OVER (PARTITION BY e.stream_id, e.payload ->> 'action',
          e.kind IN ('action_sent', 'action_completed', 'action_failed', 'action_waived', 'action_proposed_again')
          ORDER BY e.seq) END AS was_sent
      FROM cases_event e
     WHERE e.stream = 'case' AND e.stream_id = ANY (which) AND casedesk_counts(e.kind)
  ), standing AS (
    SELECT l.case_id, l.at, lead(l.at) OVER w AS next_at,
      coalesce(max(l.seq) FILTER (WHERE l.kind IN ('case_opened', 'case_reopened')) OVER w, 0)
        > coalesce(max(l.seq) FILTER (WHERE l.kind IN ('case_handled', 'case_dismissed', 'case_withdrawn', 'case_merged'))
            OVER w, 0) AS is_open,
      count(*) FILTER (WHERE l.kind IN ('case_assigned', 'case_reopened')) OVER w > 0 AS is_owned,
      coalesce(max(l.seq) FILTER (WHERE l.kind = 'case_waiting') OVER w, 0)
        > coalesce(max(l.seq) FILTER (WHERE l.kind IN ('case_resumed', 'message_received', 'post_joined', 'case_reopened'))
            OVER w, 0) AS is_waiting,
      sum(CASE WHEN l.kind = 'approval_requested' THEN 1
               WHEN l.kind IN ('approval_granted', 'approval_refused', 'approval_returned', 'approval_withdrawn',
                 'approval_voided') THEN -1 ELSE 0 END) OVER w > 0 AS is_asked,
      sum(CASE WHEN l.kind = 'action_sent' AND l.was_sent IS NOT TRUE THEN 1
               WHEN l.kind <> 'action_sent' AND l.was_sent THEN -1 ELSE 0 END) OVER w > 0 AS is_sent
      FROM line l WINDOW w AS (PARTITION BY l.case_id ORDER BY l.seq)
  ), held AS (
    SELECT s.case_id, s.at, s.next_at,
      CASE WHEN NOT s.is_open THEN '' WHEN NOT s.is_owned THEN 'queue' WHEN s.is_waiting THEN 'complainant'
           WHEN s.is_asked THEN 'approval' WHEN s.is_sent THEN 'system' ELSE 'owner' END AS holder,
      coalesce(extract(epoch FROM s.next_at - s.at), 0) AS span
      FROM standing s
  ), spans AS (
    SELECT h.case_id,
      floor(coalesce(sum(h.span) FILTER (WHERE h.holder = 'queue'), 0))::int AS in_queue,
      floor(coalesce(sum(h.span) FILTER (WHERE h.holder = 'owner'), 0))::int AS with_owner,
      floor(coalesce(sum(h.span) FILTER (WHERE h.holder = 'approval'), 0))::int AS in_approval,
      floor(coalesce(sum(h.span) FILTER (WHERE h.holder = 'complainant'), 0))::int AS with_complainant,
      floor(coalesce(sum(h.span) FILTER (WHERE h.holder = 'system'), 0))::int AS with_system,
      max(h.holder) FILTER (WHERE h.next_at IS NULL) AS holder, max(h.at) AS counted_to
      FROM held h GROUP BY h.case_id
  ), said AS (
    SELECT l.case_id,
      min(l.occurred_at) FILTER (WHERE l.person_id IS NOT NULL
        AND l.kind IN ('reply_posted', 'message_sent', 'answer_sent')) AS replied_at,
      min(l.occurred_at) FILTER (WHERE l.kind = 'reply_posted') AS public_at,
      min(l.occurred_at) FILTER (WHERE l.kind IN ('invitation_accepted', 'thread_confirmed', 'message_received')) AS private_at,
      min(l.occurred_at) FILTER (WHERE l.kind = 'private_declined') AS declined_at,
      min(l.occurred_at) FILTER (WHERE l.kind = 'decision_recorded') AS decided_at,
      max(l.occurred_at) FILTER (WHERE l.kind = 'confirmation_given' AND l.payload ? 'confirmation') AS confirmed_at,
      count(*) FILTER (WHERE l.kind = 'confirmation_given' AND l.payload ? 'confirmation'
        AND l.payload ->> 'answer' = 'no')::smallint AS said_no,
      (array_agg((l.payload ->> 'category')::bigint ORDER BY l.seq)
        FILTER (WHERE l.kind IN ('case_opened', 'case_classified') AND l.payload ->> 'category' IS NOT NULL))[1] AS category,
      max(l.at) FILTER (WHERE l.actor_kind IN ('person', 'token', 'complainant') OR l.kind = 'case_opened') AS moved_on_at
      FROM line l GROUP BY l.case_id
  )
  SELECT c.id, c.brand_id, c.channel_id, c.team_id, c.owner_id, c.about_id, c.category_id,
    coalesce(s.category, c.category_id), c.cause_id, c.severity, c.language, c.status,
    coalesce((SELECT d.outcome FROM cases_decision d WHERE d.case_id = c.id AND d.superseded_at IS NULL), ''),
    CASE WHEN c.status = 'handled' THEN c.satisfaction ELSE '' END,
    c.is_restricted, c.is_restricted OR c.about_id IS NOT NULL, c.status IN ('new', 'open', 'waiting'),
    h.kind NOT IN ('web_form', 'mailbox'),
    EXISTS (SELECT 1 FROM cases_case b WHERE b.complainant_id = c.complainant_id AND b.id < c.id),
    c.posted_at, r.received_at, s.replied_at, s.public_at, s.private_at, s.declined_at, s.decided_at,
    CASE WHEN c.status = 'handled' THEN c.handled_at END,
    CASE WHEN c.status IN ('dismissed', 'withdrawn', 'merged') THEN c.status_since END,
    CASE WHEN c.status = 'handled' AND c.satisfaction <> '' THEN s.confirmed_at END,
    CASE WHEN c.status = 'handled' THEN (SELECT min(n.opened_at) FROM cases_case n
      WHERE n.complainant_id = c.complainant_id AND n.id > c.id AND n.opened_at >= c.handled_at) END,
    coalesce(s.moved_on_at, c.opened_at), c.reopened, coalesce(s.said_no, 0::smallint), coalesce(p.in_queue, 0),
    coalesce(p.with_owner, 0), coalesce(p.in_approval, 0), coalesce(p.with_complainant, 0), coalesce(p.with_system, 0),
    CASE WHEN c.status IN ('new', 'open', 'waiting') THEN coalesce(p.holder, '') ELSE '' END,
    coalesce(p.counted_to, c.opened_at)
    FROM cases_case c
    JOIN cases_channel h ON h.id = c.channel_id
    LEFT JOIN spans p ON p.case_id = c.id
    LEFT JOIN said s ON s.case_id = c.id
    CROSS JOIN LATERAL (SELECT coalesce((SELECT o.received_at FROM cases_casepost l JOIN cases_post o ON o.id = l.post_id
      WHERE l.case_id = c.id ORDER BY l.id LIMIT 1), c.opened_at) AS received_at) r
   WHERE c.id = ANY (which)
$$;

-- When a case began to be worked on, ceased, and began again; a rebuild and the journal give the same lines.
CREATE FUNCTION casedesk_movements_of(which bigint[]) RETURNS TABLE (case_id bigint, brand_id bigint, seq int, kind text,
  at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT e.stream_id, c.brand_id, e.seq,
    CASE e.kind WHEN 'case_opened' THEN 'received' ELSE substr(e.kind, 6) END,
    CASE e.kind WHEN 'case_opened' THEN coalesce((SELECT o.received_at FROM cases_casepost l
      JOIN cases_post o ON o.id = l.post_id WHERE l.case_id = c.id ORDER BY l.id LIMIT 1), e.occurred_at)
      ELSE e.occurred_at END
    FROM cases_event e JOIN cases_case c ON c.id = e.stream_id
   WHERE e.stream = 'case' AND e.stream_id = ANY (which) AND c.id = ANY (which)
     AND e.kind IN ('case_opened', 'case_handled', 'case_reopened', 'case_dismissed', 'case_withdrawn', 'case_merged')
$$;

-- Computes these cases again and keeps what came out differently; gives how many did. Every event calls it, for one case
-- or a few hundred, and one plan serves them all: to plan it takes five times as long as to run it.
CREATE FUNCTION casedesk_count(which bigint[]) RETURNS bigint LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan AS $$
DECLARE changed bigint;
BEGIN
  -- Whoever counts the same case meanwhile is waited for first: what is read after it is what they left.
  PERFORM 1 FROM cases_casefigures k WHERE k.case_id = ANY (which) ORDER BY k.case_id FOR NO KEY UPDATE;
  INSERT INTO cases_casemovement (case_id, brand_id, seq, kind, at)
    SELECT m.case_id, m.brand_id, m.seq, m.kind, m.at FROM casedesk_movements_of(which) m
    ON CONFLICT (case_id, seq) DO NOTHING;
  INSERT INTO cases_casefigures AS k (case_id, brand_id, channel_id, team_id, owner_id, about_id, category_id,
      first_category_id, cause_id, severity, language, status, outcome, satisfaction, is_restricted, is_guarded,
      is_running, is_public, is_repeat, posted_at, received_at, replied_at, public_at, private_at, declined_at,
      decided_at, handled_at, ended_at, confirmed_at, back_at, moved_on_at, reopened, said_no, in_queue, with_owner,
      in_approval, with_complainant, with_system, holder, counted_to)
    SELECT f.* FROM casedesk_figures_of(which) f ORDER BY f.case_id
    ON CONFLICT (case_id) DO UPDATE SET
      (brand_id, channel_id, team_id, owner_id, about_id, category_id, first_category_id, cause_id, severity, language,
       status, outcome, satisfaction, is_restricted, is_guarded, is_running, is_public, is_repeat, posted_at,
       received_at, replied_at, public_at, private_at, declined_at, decided_at, handled_at, ended_at, confirmed_at,
       back_at, moved_on_at, reopened, said_no, in_queue, with_owner, in_approval, with_complainant, with_system,
       holder, counted_to)
      = (excluded.brand_id, excluded.channel_id, excluded.team_id, excluded.owner_id, excluded.about_id,
       excluded.category_id, excluded.first_category_id, excluded.cause_id, excluded.severity, excluded.language,
       excluded.status, excluded.outcome, excluded.satisfaction, excluded.is_restricted, excluded.is_guarded,
       excluded.is_running, excluded.is_public, excluded.is_repeat, excluded.posted_at, excluded.received_at,
       excluded.replied_at, excluded.public_at, excluded.private_at, excluded.declined_at, excluded.decided_at,
       excluded.handled_at, excluded.ended_at, excluded.confirmed_at, excluded.back_at, excluded.moved_on_at,
       excluded.reopened, excluded.said_no, excluded.in_queue, excluded.with_owner, excluded.in_approval,
       excluded.with_complainant, excluded.with_system, excluded.holder, excluded.counted_to)
      WHERE k IS DISTINCT FROM excluded;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $$;

-- Every event that counts brings the figures of its case with it, in the same transaction, many at a time.
CREATE FUNCTION casedesk_follow_figures() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE which bigint[];
BEGIN
  SELECT array_agg(DISTINCT n.stream_id) INTO which FROM new_lines n
   WHERE n.stream = 'case' AND casedesk_counts(n.kind);
  IF which IS NULL THEN RETURN NULL; END IF;
  -- Somebody who complains again makes their earlier cases ones that they came back after.
  IF EXISTS (SELECT 1 FROM new_lines n WHERE n.stream = 'case' AND n.kind = 'case_opened') THEN
    SELECT which || coalesce(array_agg(b.id), '{}') INTO which
      FROM cases_case c JOIN cases_case b ON b.complainant_id = c.complainant_id AND b.id < c.id
     WHERE c.id = ANY (which) AND NOT b.id = ANY (which);
  END IF;
  PERFORM casedesk_count(which);
  RETURN NULL;
END $$;
CREATE TRIGGER event_figures AFTER INSERT ON cases_event REFERENCING NEW TABLE AS new_lines
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_follow_figures();

CREATE TRIGGER movement_never BEFORE UPDATE OR DELETE ON cases_casemovement
  FOR EACH ROW EXECUTE FUNCTION casedesk_never();

-- ---------------------------------------------------------------- which cells a change makes stale

CREATE FUNCTION casedesk_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT (at AT TIME ZONE 'UTC')::date
$$;

CREATE FUNCTION casedesk_stale_figures() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE crossed bigint[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO cases_stale (population, brand_id, day) SELECT DISTINCT 'cases', n.brand_id, casedesk_day(n.received_at)
      FROM new_rows n WHERE NOT n.is_guarded;
    RETURN NULL;
  END IF;
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'cases', x.brand_id, casedesk_day(x.received_at)
      FROM (SELECT * FROM new_rows UNION ALL SELECT * FROM old_rows) x WHERE NOT x.is_guarded;
  -- A case that is closed to some of the brand leaves every cell, and comes back into them when it is open again.
  SELECT array_agg(n.case_id) INTO crossed FROM new_rows n JOIN old_rows o USING (case_id)
   WHERE n.is_guarded <> o.is_guarded OR n.brand_id <> o.brand_id;
  IF crossed IS NOT NULL THEN PERFORM casedesk_stale_all(crossed); END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION casedesk_stale_all(which bigint[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT x.population, x.brand_id, casedesk_day(x.at) FROM (
      SELECT 'movements' AS population, m.brand_id, m.at FROM cases_casemovement m WHERE m.case_id = ANY (which)
      UNION ALL SELECT 'actions', c.brand_id, a.created_at FROM cases_action a JOIN cases_case c ON c.id = a.case_id
        WHERE a.case_id = ANY (which)
      UNION ALL SELECT 'promises', c.brand_id, p.due_at FROM cases_promise p JOIN cases_case c ON c.id = p.case_id
        WHERE p.case_id = ANY (which)
      UNION ALL SELECT 'deadlines', d.brand_id, d.due_at FROM cases_deadline d WHERE d.case_id = ANY (which)
      UNION ALL SELECT 'posts', o.brand_id, o.received_at FROM cases_casepost l JOIN cases_post o ON o.id = l.post_id
        WHERE l.case_id = ANY (which)
      UNION ALL SELECT 'escalations', e.brand_id, e.matched_at FROM cases_escalation e WHERE e.case_id = ANY (which)) x
$$;

CREATE TRIGGER figures_stale_inserted AFTER INSERT ON cases_casefigures REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_figures();
CREATE TRIGGER figures_stale_updated AFTER UPDATE ON cases_casefigures
  REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_figures();

CREATE FUNCTION casedesk_stale_movements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'movements', n.brand_id, casedesk_day(n.at) FROM new_rows n;
  RETURN NULL;
END $$;
CREATE TRIGGER movement_stale AFTER INSERT ON cases_casemovement REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_movements();

-- Actions are in cells, those that run and those that are done, and so are promises and deadlines.
CREATE FUNCTION casedesk_stale_actions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'actions', c.brand_id, casedesk_day(n.created_at)
      FROM new_rows n JOIN cases_case c ON c.id = n.case_id;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO cases_stale (population, brand_id, day)
      SELECT DISTINCT 'actions', c.brand_id, casedesk_day(o.created_at)
        FROM old_rows o JOIN cases_case c ON c.id = o.case_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER action_stale_inserted AFTER INSERT ON cases_action REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_actions();
CREATE TRIGGER action_stale_updated AFTER UPDATE ON cases_action
  REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_actions();

-- What proves an action counts with the actions that are done.
CREATE FUNCTION casedesk_stale_kinds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'actions', n.brand_id, casedesk_day(a.created_at)
      FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.proof <> n.proof
      JOIN cases_action a ON a.kind_id = n.id AND a.status = 'done';
  RETURN NULL;
END $$;
CREATE TRIGGER kind_stale_updated AFTER UPDATE ON cases_kind
  REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_kinds();
CREATE FUNCTION casedesk_stale_attachments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'actions', c.brand_id, casedesk_day(a.created_at)
      FROM new_rows n JOIN cases_action a ON a.id = n.action_id AND a.status = 'done'
      JOIN cases_case c ON c.id = a.case_id;
  RETURN NULL;
END $$;
CREATE TRIGGER attachment_stale AFTER INSERT ON cases_attachment REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_attachments();

CREATE FUNCTION casedesk_stale_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT x.population, c.brand_id, casedesk_day(x.at)
      FROM (SELECT 'promises' AS population, n.case_id, n.due_at AS at FROM new_rows n
            -- Whether an action was promised, and what was said of it afterwards, counts with the action as well.
            UNION ALL SELECT 'actions', n.case_id, a.created_at FROM new_rows n JOIN cases_action a ON a.id = n.action_id) x
      JOIN cases_case c ON c.id = x.case_id;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO cases_stale (population, brand_id, day)
      SELECT DISTINCT 'promises', c.brand_id, casedesk_day(o.due_at)
        FROM old_rows o JOIN cases_case c ON c.id = o.case_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER promise_stale_inserted AFTER INSERT ON cases_promise REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_promises();
CREATE TRIGGER promise_stale_updated AFTER UPDATE ON cases_promise
  REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_promises();

CREATE FUNCTION casedesk_stale_authorisations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'actions', n.brand_id, casedesk_day(a.created_at) FROM new_rows n
      JOIN cases_action a ON a.id = n.action_id;
  RETURN NULL;
END $$;
CREATE TRIGGER authorisation_stale_inserted AFTER INSERT ON cases_authorisation REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_authorisations();
CREATE TRIGGER authorisation_stale_updated AFTER UPDATE ON cases_authorisation REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_authorisations();

CREATE FUNCTION casedesk_stale_deadlines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'deadlines', n.brand_id, casedesk_day(n.due_at) FROM new_rows n;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO cases_stale (population, brand_id, day)
      SELECT DISTINCT 'deadlines', o.brand_id, casedesk_day(o.due_at) FROM old_rows o;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER deadline_stale_inserted AFTER INSERT ON cases_deadline REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_deadlines();
CREATE TRIGGER deadline_stale_updated AFTER UPDATE ON cases_deadline
  REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_deadlines();

-- A post, what triage made of it, what was seen of it, what we said under it, and the case it is in.
CREATE FUNCTION casedesk_stale_posts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'cases_post' THEN
    INSERT INTO cases_stale (population, brand_id, day)
      SELECT DISTINCT 'posts', n.brand_id, casedesk_day(n.received_at) FROM new_rows n;
  ELSE
    INSERT INTO cases_stale (population, brand_id, day)
      SELECT DISTINCT 'posts', o.brand_id, casedesk_day(o.received_at)
        FROM new_rows n JOIN cases_post o ON o.id = n.post_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER post_stale AFTER INSERT ON cases_post REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER triage_stale_inserted AFTER INSERT ON cases_triage REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER triage_stale_updated AFTER UPDATE ON cases_triage REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER observation_stale AFTER INSERT ON cases_observation REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER reply_stale_inserted AFTER INSERT ON cases_publicreply REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER reply_stale_updated AFTER UPDATE ON cases_publicreply REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER link_stale_inserted AFTER INSERT ON cases_casepost REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();
CREATE TRIGGER link_stale_updated AFTER UPDATE ON cases_casepost REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_posts();

CREATE FUNCTION casedesk_stale_escalations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'escalations', n.brand_id, casedesk_day(n.matched_at) FROM new_rows n;
  RETURN NULL;
END $$;
CREATE TRIGGER escalation_stale_inserted AFTER INSERT ON cases_escalation REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_escalations();
CREATE TRIGGER escalation_stale_updated AFTER UPDATE ON cases_escalation REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_stale_escalations();

-- ---------------------------------------------------------------- posts go from case to case, never from brand to brand

CREATE FUNCTION casedesk_link_brand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN cases_case c ON c.id = n.case_id JOIN cases_post o ON o.id = n.post_id
              WHERE c.brand_id <> o.brand_id) THEN
    PERFORM casedesk_refuse('brand_never_changes', 'A post stays with its brand: it joins no case of another one.');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER link_brand AFTER INSERT ON cases_casepost REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION casedesk_link_brand();

CREATE FUNCTION casedesk_link_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.case_id, NEW.post_id, NEW.joined_at) IS DISTINCT FROM (OLD.case_id, OLD.post_id, OLD.joined_at)
     OR (OLD.left_at IS NOT NULL AND NEW.left_at IS DISTINCT FROM OLD.left_at) THEN
    PERFORM casedesk_refuse('link_never_changes', 'Where a post was stays known: it leaves its case and joins another.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER link_guard BEFORE UPDATE ON cases_casepost FOR EACH ROW EXECUTE FUNCTION casedesk_link_guard();

-- A merged case is over for good: what was decided, promised or said in private would be lost with it.
CREATE FUNCTION casedesk_merge_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cases_casepost l WHERE l.case_id = NEW.id AND l.left_at IS NULL)
     OR EXISTS (SELECT 1 FROM cases_message m WHERE m.case_id = NEW.id)
     OR EXISTS (SELECT 1 FROM cases_decision d WHERE d.case_id = NEW.id AND d.superseded_at IS NULL)
     OR EXISTS (SELECT 1 FROM cases_promise p WHERE p.case_id = NEW.id AND p.dropped_at IS NULL)
     OR EXISTS (SELECT 1 FROM cases_action a WHERE a.case_id = NEW.id
                 AND a.status IN ('approved', 'in_progress', 'done')) THEN
    PERFORM casedesk_refuse('illegal_move', 'What is in the case would be lost, so the case cannot be merged.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER case_merge BEFORE UPDATE OF status ON cases_case FOR EACH ROW
  WHEN (NEW.status = 'merged' AND OLD.status <> 'merged') EXECUTE FUNCTION casedesk_merge_guard();

-- ---------------------------------------------------------------- what was said by a source, and what was frozen, stays

CREATE TRIGGER original_never BEFORE UPDATE OR DELETE ON cases_original FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_frozen_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_frozenperiod;
BEGIN
  allowed := OLD;
  IF OLD.signed_at IS NULL THEN
    allowed.signed_at := NEW.signed_at;
    allowed.signed_by_id := NEW.signed_by_id;
    allowed.remark := NEW.remark;
  END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('frozen_never_changes', 'A frozen period is kept as it was; what changed since shows beside it.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER frozen_guard BEFORE UPDATE ON cases_frozenperiod FOR EACH ROW EXECUTE FUNCTION casedesk_frozen_guard();
CREATE TRIGGER frozen_never BEFORE DELETE ON cases_frozenperiod FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_category_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.merged_into_id IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM cases_category g WHERE g.id = NEW.merged_into_id
      AND g.brand_id = NEW.brand_id AND g.merged_into_id IS NULL)
      OR EXISTS (SELECT 1 FROM cases_category g WHERE g.merged_into_id = NEW.id)) THEN
    PERFORM casedesk_refuse('category_merge', 'A category is merged into one of its own brand that is not merged itself.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER category_merge BEFORE INSERT OR UPDATE OF merged_into_id ON cases_category
  FOR EACH ROW EXECUTE FUNCTION casedesk_category_merge();

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['cases_casefigures', 'cases_casemovement', 'cases_original', 'cases_frozenperiod',
      'cases_export', 'cases_savedreport']
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION casedesk_never()',
      replace(name, 'cases_', '') || '_no_truncate', name);
  END LOOP;
END $$;

-- ---------------------------------------------------------------- what is there already is counted as well

DO $$
DECLARE low bigint := 0; which bigint[];
BEGIN
  LOOP
    SELECT array_agg(x.id), max(x.id) INTO which, low
      FROM (SELECT c.id FROM cases_case c WHERE c.id > low ORDER BY c.id LIMIT 2000) x;
    EXIT WHEN which IS NULL;
    PERFORM casedesk_count(which);
    PERFORM casedesk_stale_all(which);
  END LOOP;
  INSERT INTO cases_stale (population, brand_id, day)
    SELECT DISTINCT 'posts', o.brand_id, casedesk_day(o.received_at) FROM cases_post o;
END $$;
