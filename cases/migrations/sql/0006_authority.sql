-- Who may decide what, as PostgreSQL enforces it whoever writes (I3, I5). The application asks the same functions, so that
-- what a page says is left and what the database lets through can never differ.

-- ---------------------------------------------------------------- days, windows, currencies

CREATE FUNCTION casedesk_zone(the_brand bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT zone FROM cases_brand WHERE id = the_brand
$$;

-- The first instant of the day, ISO week or month of the brand in which ``at`` lies.
CREATE FUNCTION casedesk_window_start(span text, at timestamptz, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT date_trunc(span, at AT TIME ZONE zone) AT TIME ZONE zone
$$;

CREATE FUNCTION casedesk_window_end(span text, at timestamptz, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT (date_trunc(span, at AT TIME ZONE zone) + ('1 ' || span)::interval) AT TIME ZONE zone
$$;

-- The amount in another currency by the newest rate of that day or before, to 4 decimals; NULL when there is no rate.
CREATE FUNCTION casedesk_convert(amount numeric, currency text, target text, the_brand bigint, on_day date)
RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN amount IS NULL THEN 0 WHEN currency = target THEN amount ELSE (
    SELECT round(casedesk_convert.amount * r.rate, 4) FROM cases_rate r
     WHERE r.brand_id = the_brand AND r.currency = casedesk_convert.currency AND r.into = target AND r.starts_on <= on_day
     ORDER BY r.starts_on DESC, r.id DESC LIMIT 1) END
$$;

-- ---------------------------------------------------------------- who holds a grant, by themselves or as a deputy

CREATE FUNCTION casedesk_holds(the_person bigint, g cases_grant) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM cases_membership m JOIN cases_user u ON u.id = m.person_id
     WHERE m.person_id = the_person AND m.brand_id = g.brand_id AND m.role IN ('agent','manager') AND u.is_active
       AND (g.person_id = m.person_id OR g.role = m.role
            OR (g.team_id IS NOT NULL AND (g.team_id = m.team_id OR EXISTS (
                  SELECT 1 FROM cases_team t WHERE t.id = g.team_id AND t.lead_id = m.person_id)))))
$$;

-- Oneself, or an absent colleague of the brand whose deputy one is on that day. A deputy has no deputies (never onward).
CREATE FUNCTION casedesk_stands_for(the_person bigint, holder bigint, the_brand bigint, on_day date)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT the_person = holder OR EXISTS (
    SELECT 1 FROM cases_absence a WHERE a.brand_id = the_brand AND a.person_id = holder AND a.deputy_id = the_person
       AND a.ended_at IS NULL AND on_day BETWEEN a.starts_on AND a.ends_on)
$$;

CREATE FUNCTION casedesk_in_force(g cases_grant, on_day date) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT g.ended_at IS NULL AND (g.starts_on IS NULL OR g.starts_on <= on_day) AND (g.ends_on IS NULL OR g.ends_on >= on_day)
$$;

CREATE FUNCTION casedesk_covers(g cases_grant, the_kind bigint, the_category bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT (g.kind_ids = '{}' OR the_kind = ANY (g.kind_ids))
     AND (g.category_id IS NULL OR g.category_id IS NOT DISTINCT FROM the_category)
$$;

-- A grant and those it followed: whoever replaces a grant does not fill its budget up again.
CREATE FUNCTION casedesk_line(the_grant bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
  WITH RECURSIVE line AS (
    SELECT id, replaces_id FROM cases_grant WHERE id = the_grant
    UNION SELECT g.id, g.replaces_id FROM cases_grant g JOIN line ON g.id = line.replaces_id
  )
  SELECT array_agg(id) FROM line
$$;

-- What a holder, and all holders together, have used of a grant in the window around ``at``.
CREATE FUNCTION casedesk_used(g cases_grant, the_holder bigint, at timestamptz, OUT by_holder numeric, OUT by_all numeric)
LANGUAGE plpgsql STABLE AS $$
DECLARE zone text := casedesk_zone(g.brand_id);
  line bigint[] := CASE WHEN g.replaces_id IS NULL THEN ARRAY[g.id] ELSE casedesk_line(g.id) END;
BEGIN
  SELECT coalesce(sum(x.charged) FILTER (WHERE x.holder_id = the_holder), 0), coalesce(sum(x.charged), 0)
    INTO by_holder, by_all FROM cases_authorisation x
   WHERE x.grant_id = ANY (line) AND x.released_at IS NULL
     AND x.at >= casedesk_window_start(g.window, casedesk_used.at, zone)
     AND x.at < casedesk_window_end(g.window, casedesk_used.at, zone);
END $$;

-- Whether somebody may decide this by this grant: ``gap`` says why not and is NULL when they may; ``charged`` is what it
-- would use up, in the grant's currency.
CREATE FUNCTION casedesk_judge(the_person bigint, the_holder bigint, the_grant bigint, the_kind bigint, the_category bigint,
  the_complainant bigint, amount numeric, currency text, at timestamptz, OUT gap text, OUT charged numeric)
LANGUAGE plpgsql STABLE AS $$
DECLARE g cases_grant; on_day date; k record; used record; given numeric;
BEGIN
  SELECT * INTO g FROM cases_grant WHERE id = the_grant;
  on_day := (at AT TIME ZONE casedesk_zone(g.brand_id))::date;
  charged := 0;
  IF g.id IS NULL OR NOT casedesk_in_force(g, on_day) THEN gap := 'not_in_force'; RETURN; END IF;
  IF NOT (g.kind_ids = '{}' OR the_kind = ANY (g.kind_ids)) THEN
    gap := 'kind'; RETURN;
  END IF;
  IF NOT casedesk_covers(g, the_kind, the_category) THEN gap := 'category'; RETURN; END IF;
  IF NOT casedesk_holds(the_holder, g) OR NOT casedesk_may_own(the_person, g.brand_id)
     OR NOT casedesk_stands_for(the_person, the_holder, g.brand_id, on_day) THEN
    gap := 'not_held'; RETURN;
  END IF;
  SELECT has_amount INTO k FROM cases_kind WHERE id = the_kind;
  IF amount IS NULL THEN
    IF k.has_amount THEN gap := 'no_amount'; END IF;
    RETURN;
  END IF;
  charged := casedesk_convert(amount, currency, g.currency, g.brand_id, on_day);
  IF charged IS NULL THEN gap := 'no_rate'; charged := 0; RETURN; END IF;
  IF charged > g.per_action THEN gap := 'per_action'; RETURN; END IF;
  IF g.per_complainant IS NOT NULL THEN
    SELECT coalesce(sum(x.charged), 0) INTO given FROM cases_authorisation x JOIN cases_grant o ON o.id = x.grant_id
     WHERE x.complainant_id = the_complainant AND x.released_at IS NULL AND o.currency = g.currency
       AND x.at > casedesk_judge.at - make_interval(days => g.complainant_days);
    IF given + charged > g.per_complainant THEN gap := 'per_complainant'; RETURN; END IF;
  END IF;
  IF g.budget_each IS NOT NULL OR g.budget_shared IS NOT NULL THEN
    SELECT * INTO used FROM casedesk_used(g, the_holder, at);
    IF used.by_holder + charged > g.budget_each OR used.by_all + charged > g.budget_shared THEN gap := 'budget'; END IF;
  END IF;
END $$;

CREATE FUNCTION casedesk_may_waive(the_person bigint, the_brand bigint, the_kind bigint, the_category bigint, at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT casedesk_may_own(the_person, the_brand) AND EXISTS (
    SELECT 1 FROM cases_grant g, LATERAL (SELECT (at AT TIME ZONE casedesk_zone(the_brand))::date AS on_day) d
     WHERE g.brand_id = the_brand AND g.may_waive AND casedesk_in_force(g, d.on_day)
       AND casedesk_covers(g, the_kind, the_category)
       AND (casedesk_holds(the_person, g) OR EXISTS (
             SELECT 1 FROM cases_absence a WHERE a.brand_id = the_brand AND a.deputy_id = the_person AND a.ended_at IS NULL
                AND d.on_day BETWEEN a.starts_on AND a.ends_on AND casedesk_holds(a.person_id, g))))
$$;

-- Who could decide an action of this kind, by which grants: everybody who holds one, and their deputies of that day.
CREATE FUNCTION casedesk_candidates(the_brand bigint, the_kind bigint, the_category bigint, on_day date)
RETURNS TABLE (person_id bigint, holder_id bigint, grant_id bigint, is_direct boolean, is_away boolean, role text,
  per_action numeric, currency text)
LANGUAGE sql STABLE AS $$
  WITH standing AS MATERIALIZED (
    SELECT g.id, g.role, g.team_id, g.person_id, g.per_action, g.currency FROM cases_grant g
     WHERE g.brand_id = the_brand AND casedesk_in_force(g, on_day) AND casedesk_covers(g, the_kind, the_category)
  ), mates AS MATERIALIZED (
    SELECT m.person_id, m.role, m.team_id FROM cases_membership m
     WHERE m.brand_id = the_brand AND m.role IN ('agent','manager')
  ), held AS (
    -- One join for each way to hold a grant: with OR between them every grant would be held against every person.
    SELECT m.person_id AS holder, s.id, s.per_action, s.currency FROM standing s JOIN mates m ON m.person_id = s.person_id
    UNION
    SELECT m.person_id, s.id, s.per_action, s.currency FROM standing s JOIN mates m ON m.role = s.role
    UNION
    SELECT m.person_id, s.id, s.per_action, s.currency FROM standing s JOIN mates m ON m.team_id = s.team_id
    UNION
    SELECT m.person_id, s.id, s.per_action, s.currency FROM standing s JOIN cases_team t ON t.id = s.team_id
      JOIN mates m ON m.person_id = t.lead_id
  ), able AS (
    SELECT holder AS person, holder, id, true AS is_direct, h.per_action, h.currency FROM held h
    UNION ALL
    SELECT a.deputy_id, h.holder, h.id, false, h.per_action, h.currency FROM held h
      JOIN cases_absence a ON a.brand_id = the_brand AND a.person_id = h.holder AND a.ended_at IS NULL
       AND on_day BETWEEN a.starts_on AND a.ends_on
  )
  SELECT able.person, able.holder, able.id, able.is_direct,
    EXISTS (SELECT 1 FROM cases_absence a WHERE a.brand_id = the_brand AND a.person_id = able.person AND a.ended_at IS NULL
              AND on_day BETWEEN a.starts_on AND a.ends_on),
    m.role, able.per_action, able.currency
    FROM able JOIN mates m ON m.person_id = able.person
    JOIN cases_user u ON u.id = able.person AND u.is_active
$$;

-- The nearest person who may decide exactly this: the owner's lead, then the team's, then the brand's managers from the
-- smallest sufficient limit up, then anybody on duty with the grant. Nobody in ``leave_out``, nobody who may not open the
-- case, and not on the authority of the person it is about.
CREATE FUNCTION casedesk_route(the_case bigint, the_kind bigint, amount numeric, currency text, at timestamptz,
  leave_out bigint[], OUT person_id bigint, OUT holder_id bigint, OUT grant_id bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE c record; r record; judged record; on_day date;
BEGIN
  SELECT o.brand_id, o.category_id, o.complainant_id, o.about_id, o.is_restricted, o.owner_id, b.zone, t.lead_id AS team_lead,
      (SELECT ot.lead_id FROM cases_membership om JOIN cases_team ot ON ot.id = om.team_id
        WHERE om.person_id = o.owner_id AND om.brand_id = o.brand_id) AS owner_lead
    INTO c FROM cases_case o JOIN cases_brand b ON b.id = o.brand_id LEFT JOIN cases_team t ON t.id = o.team_id
   WHERE o.id = the_case;
  on_day := (at AT TIME ZONE c.zone)::date;
  FOR r IN
    SELECT k.* FROM casedesk_candidates(c.brand_id, the_kind, c.category_id, on_day) k
     WHERE NOT k.is_away AND k.person_id <> ALL (leave_out)
       AND k.person_id IS DISTINCT FROM c.about_id AND k.holder_id IS DISTINCT FROM c.about_id
       AND (NOT c.is_restricted OR k.role = 'manager' OR k.person_id IN (c.owner_id, c.team_lead))
       AND (amount IS NULL OR k.per_action IS NULL OR k.currency <> casedesk_route.currency OR amount <= k.per_action)
     ORDER BY CASE WHEN k.person_id = c.owner_lead THEN 0 WHEN k.person_id = c.team_lead THEN 1
                   WHEN k.role = 'manager' THEN 2 ELSE 3 END,
       k.per_action NULLS LAST, NOT k.is_direct, k.person_id, k.grant_id
  LOOP
    SELECT * INTO judged FROM casedesk_judge(r.person_id, r.holder_id, r.grant_id, the_kind, c.category_id, c.complainant_id,
      amount, currency, at);
    IF judged.gap IS NULL THEN
      person_id := r.person_id; holder_id := r.holder_id; grant_id := r.grant_id;
      RETURN;
    END IF;
  END LOOP;
END $$;

-- ---------------------------------------------------------------- grants and rates are never changed, only followed

CREATE FUNCTION casedesk_grant_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_grant;
BEGIN
  allowed := OLD;
  allowed.uses := NEW.uses;
  IF OLD.ended_at IS NULL THEN
    allowed.ended_at := NEW.ended_at;
    allowed.ended_by_id := NEW.ended_by_id;
    IF OLD.ends_on IS NULL OR NEW.ends_on <= OLD.ends_on THEN allowed.ends_on := NEW.ends_on; END IF;
  END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('grant_never_changes', 'A grant is kept as it was given; end it and give another one.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER grant_guard BEFORE UPDATE ON cases_grant FOR EACH ROW EXECUTE FUNCTION casedesk_grant_guard();

CREATE FUNCTION casedesk_absence_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.brand_id, NEW.person_id, NEW.deputy_id, NEW.starts_on) IS DISTINCT FROM
     (OLD.brand_id, OLD.person_id, OLD.deputy_id, OLD.starts_on) OR NEW.ends_on > OLD.ends_on
     OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at) THEN
    PERFORM casedesk_refuse('absence_never_changes', 'An absence is kept as it was noted; end it and note another one.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER absence_guard BEFORE UPDATE ON cases_absence FOR EACH ROW EXECUTE FUNCTION casedesk_absence_guard();

CREATE TRIGGER rate_never BEFORE UPDATE OR DELETE ON cases_rate FOR EACH ROW EXECUTE FUNCTION casedesk_never();

-- ---------------------------------------------------------------- what was decided, on what ground (I5)

CREATE FUNCTION casedesk_authorisation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE a cases_action; c record; g cases_grant; p cases_approval; judged record; two numeric; worth numeric; allowed cases_authorisation;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    allowed := OLD;
    IF NEW.wording IS NULL THEN allowed.wording := NULL; END IF;
    IF OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND EXISTS (
         SELECT 1 FROM cases_action x WHERE x.id = OLD.action_id AND x.status NOT IN ('approved','in_progress','done')) THEN
      allowed.released_at := NEW.released_at;
    END IF;
    IF NEW IS DISTINCT FROM allowed THEN
      PERFORM casedesk_refuse('authorisation_never_changes', 'What was decided stays as it was decided.');
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO a FROM cases_action WHERE id = NEW.action_id;
  SELECT o.brand_id, o.complainant_id, o.category_id, o.about_id, b.currency, b.zone INTO c
    FROM cases_case o JOIN cases_brand b ON b.id = o.brand_id WHERE o.id = a.case_id;
  SELECT * INTO g FROM cases_grant WHERE id = NEW.grant_id;
  IF (NEW.kind_id, NEW.amount, NEW.currency, NEW.wording) IS DISTINCT FROM (a.kind_id, a.amount, a.currency, a.wording)
     OR (NEW.case_id, NEW.brand_id, NEW.complainant_id, g.brand_id) IS DISTINCT FROM
        (a.case_id, c.brand_id, c.complainant_id, c.brand_id) OR NEW.released_at IS NOT NULL THEN
    PERFORM casedesk_refuse('above_authority', 'What is decided must be this very action, as it stands.');
  END IF;
  IF NEW.person_id IS NOT DISTINCT FROM c.about_id OR NEW.holder_id IS NOT DISTINCT FROM c.about_id THEN
    PERFORM casedesk_refuse('above_authority', 'The complaint is about this person.');
  END IF;
  IF NEW.approval_id IS NOT NULL THEN
    SELECT * INTO p FROM cases_approval WHERE id = NEW.approval_id;
    IF p.action_id <> a.id OR p.status <> 'granted' OR p.decided_by_id IS DISTINCT FROM NEW.person_id
       OR (p.kind_id, p.amount, p.currency, p.wording) IS DISTINCT FROM (a.kind_id, a.amount, a.currency, a.wording) THEN
      PERFORM casedesk_refuse('approval_void', 'The approval was not given for this.');
    END IF;
  END IF;
  SELECT two_people_above INTO two FROM cases_kind WHERE id = a.kind_id;
  IF two IS NOT NULL AND a.amount IS NOT NULL THEN
    worth := casedesk_convert(a.amount, a.currency, c.currency, c.brand_id, (NEW.at AT TIME ZONE c.zone)::date);
    IF worth IS NULL OR worth > two THEN
      IF p.id IS NULL OR (SELECT count(DISTINCT q.person_id) FROM cases_asked q
           WHERE q.approval_id = p.id AND q.reply = 'approved' AND q.person_id <> p.requested_by_id) < 2 THEN
        PERFORM casedesk_refuse('above_authority', 'Two people have to approve an amount like this.');
      END IF;
    END IF;
  END IF;
  -- Written, not only locked: two uses of the same limit wait for each other, and at every isolation level.
  IF a.amount IS NOT NULL AND g.per_complainant IS NOT NULL THEN
    UPDATE cases_complainant SET language = language WHERE id = c.complainant_id;
  END IF;
  IF a.amount IS NOT NULL AND (g.budget_each IS NOT NULL OR g.budget_shared IS NOT NULL) THEN
    UPDATE cases_grant SET uses = uses + 1 WHERE id = g.id;
  END IF;
  SELECT * INTO judged FROM casedesk_judge(NEW.person_id, NEW.holder_id, NEW.grant_id, a.kind_id, c.category_id,
    c.complainant_id, a.amount, a.currency, NEW.at);
  IF judged.gap IN ('budget','per_complainant') THEN
    PERFORM casedesk_refuse('budget_exhausted', 'What this grant allows is used up: ' || judged.gap || '.');
  ELSIF judged.gap IS NOT NULL THEN
    PERFORM casedesk_refuse('above_authority', 'This grant does not allow it: ' || judged.gap || '.');
  END IF;
  NEW.charged := judged.charged;
  RETURN NEW;
END $$;
CREATE TRIGGER authorisation_guard BEFORE INSERT OR UPDATE ON cases_authorisation
  FOR EACH ROW EXECUTE FUNCTION casedesk_authorisation_guard();

CREATE FUNCTION casedesk_authorised(a cases_action) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM cases_authorisation x WHERE x.action_id = a.id AND x.released_at IS NULL
    AND x.kind_id = a.kind_id AND x.amount IS NOT DISTINCT FROM a.amount AND x.currency = a.currency
    AND x.wording IS NOT DISTINCT FROM a.wording)
$$;

CREATE FUNCTION casedesk_approval_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE a cases_action; allowed cases_approval;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT * INTO a FROM cases_action WHERE id = NEW.action_id;
    IF NEW.status <> 'waiting' OR a.case_id <> NEW.case_id OR (a.kind_id, a.amount, a.currency, a.wording)
       IS DISTINCT FROM (NEW.kind_id, NEW.amount, NEW.currency, NEW.wording) THEN
      PERFORM casedesk_refuse('approval_void', 'An approval is asked for an action as it stands.');
    END IF;
    RETURN NEW;
  END IF;
  allowed := OLD;
  IF NEW.wording IS NULL THEN allowed.wording := NULL; END IF;
  IF NEW.reason IS NULL THEN allowed.reason := NULL; END IF;
  IF NEW.words IS NULL THEN allowed.words := NULL; END IF;
  IF OLD.status = 'waiting' THEN
    allowed.status := NEW.status;
    allowed.decided_by_id := NEW.decided_by_id;
    allowed.decided_at := NEW.decided_at;
    allowed.words := NEW.words;
  END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('approval_never_changes', 'An approval holds for what it was asked for; ask again instead.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_guard BEFORE INSERT OR UPDATE ON cases_approval
  FOR EACH ROW EXECUTE FUNCTION casedesk_approval_guard();

-- When a request ends, nobody is asked any more.
CREATE FUNCTION casedesk_approval_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE cases_asked SET passed = 'ended', passed_at = now() WHERE approval_id = NEW.id AND reply = '' AND passed = '';
  RETURN NULL;
END $$;
CREATE TRIGGER approval_follow AFTER UPDATE OF status ON cases_approval FOR EACH ROW
  WHEN (OLD.status = 'waiting' AND NEW.status <> 'waiting') EXECUTE FUNCTION casedesk_approval_follow();

CREATE FUNCTION casedesk_asked_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE p cases_approval;
BEGIN
  SELECT * INTO p FROM cases_approval WHERE id = NEW.approval_id;
  IF NEW.person_id = p.requested_by_id THEN
    PERFORM casedesk_refuse('self_approval', 'Nobody approves what they asked for themselves.');
  END IF;
  IF TG_OP = 'UPDATE' AND ((NEW.approval_id, NEW.person_id, NEW.grant_id, NEW.holder_id, NEW.asked_at) IS DISTINCT FROM
      (OLD.approval_id, OLD.person_id, OLD.grant_id, OLD.holder_id, OLD.asked_at)
      OR (OLD.reply <> '' AND (NEW.reply, NEW.replied_at) IS DISTINCT FROM (OLD.reply, OLD.replied_at))
      OR (OLD.passed <> '' AND (NEW.passed, NEW.passed_at, NEW.reply) IS DISTINCT FROM (OLD.passed, OLD.passed_at, OLD.reply))) THEN
    PERFORM casedesk_refuse('asked_never_changes', 'Who was asked, and what they answered, stays as it was.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER asked_guard BEFORE INSERT OR UPDATE ON cases_asked FOR EACH ROW EXECUTE FUNCTION casedesk_asked_guard();

-- ---------------------------------------------------------------- actions: legal moves, authority, proof, waiver (I2, I3, I5)

CREATE OR REPLACE FUNCTION casedesk_action_moves(old_status text, new_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT (old_status, new_status) IN (
    ('proposed','awaiting_approval'), ('proposed','in_progress'), ('proposed','waived'),
    ('awaiting_approval','approved'), ('awaiting_approval','refused'), ('awaiting_approval','proposed'),
    ('awaiting_approval','waived'),
    ('approved','in_progress'), ('approved','proposed'), ('approved','waived'),
    ('refused','proposed'), ('refused','waived'),
    ('in_progress','done'), ('in_progress','failed'), ('in_progress','proposed'), ('in_progress','waived'),
    ('failed','proposed'), ('failed','waived'))
$$;

CREATE OR REPLACE FUNCTION casedesk_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE demand text; c record; is_changed boolean := false;
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM casedesk_refuse('action_never_deleted', 'An action is kept; waive it with a reason instead.');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' THEN
      PERFORM casedesk_refuse('illegal_action_move', format('An action cannot begin as %s.', NEW.status));
    END IF;
  ELSE
    IF NEW.case_id <> OLD.case_id THEN
      PERFORM casedesk_refuse('action_never_moves', 'An action stays in its case.');
    END IF;
    IF OLD.status = 'done' AND ((NEW.kind_id, NEW.amount, NEW.currency, NEW.proof_outcome, NEW.proof_reference,
        NEW.proof_amount, NEW.proof_on, NEW.done_at, NEW.done_by_id, NEW.target_id) IS DISTINCT FROM (OLD.kind_id, OLD.amount,
        OLD.currency, OLD.proof_outcome, OLD.proof_reference, OLD.proof_amount, OLD.proof_on, OLD.done_at, OLD.done_by_id,
        OLD.target_id)
        OR (NEW.wording <> OLD.wording AND NEW.wording <> '')) THEN
      PERFORM casedesk_refuse('proof_never_changes', 'What was done, and its proof, stay as they are.');
    END IF;
    is_changed := OLD.status <> 'done' AND (NEW.kind_id, NEW.amount, NEW.currency, NEW.wording)
      IS DISTINCT FROM (OLD.kind_id, OLD.amount, OLD.currency, OLD.wording);
    IF is_changed AND OLD.status IN ('awaiting_approval','approved','in_progress') THEN
      IF OLD.sent_at IS NOT NULL AND OLD.status = 'in_progress' THEN
        PERFORM casedesk_refuse('sent_already', 'A connected system has it already; ask it to cancel first.');
      END IF;
      -- What was asked or decided, was for something else: it has to be decided again.
      IF NEW.status = OLD.status THEN NEW.status := 'proposed'; END IF;
    END IF;
    IF NEW.status <> OLD.status AND NOT casedesk_action_moves(OLD.status, NEW.status) THEN
      PERFORM casedesk_refuse('illegal_action_move', format('An action cannot go from %s to %s.', OLD.status, NEW.status));
    END IF;
  END IF;
  IF NEW.is_required OR (TG_OP = 'UPDATE' AND OLD.is_required) THEN
    PERFORM casedesk_not_handled(NEW.case_id);
  END IF;
  IF TG_OP = 'INSERT' OR NEW.status = OLD.status THEN RETURN NEW; END IF;
  IF NEW.status IN ('approved','in_progress','done') AND NOT casedesk_authorised(NEW) THEN
    PERFORM casedesk_refuse('above_authority', 'Nobody with the authority has decided this action as it stands.');
  END IF;
  IF NEW.status = 'done' THEN
    SELECT k.proof INTO demand FROM cases_kind k WHERE k.id = NEW.kind_id;
    IF btrim(NEW.proof_outcome) = ''
       OR (demand IN ('reference','amount') AND btrim(NEW.proof_reference) = '')
       OR (demand = 'amount' AND (NEW.proof_amount IS NULL OR NEW.proof_amount <= 0))
       OR (demand = 'date' AND NEW.proof_on IS NULL)
       OR (demand = 'file' AND NOT EXISTS (SELECT 1 FROM cases_attachment t WHERE t.action_id = NEW.id)) THEN
      PERFORM casedesk_refuse('proof_missing', format('An action of this kind needs proof: %s.', demand));
    END IF;
    IF NEW.proof_amount > NEW.amount THEN
      PERFORM casedesk_refuse('above_authority', 'More was paid than was decided.');
    END IF;
  END IF;
  IF NEW.status = 'waived' THEN
    IF OLD.status = 'in_progress' AND OLD.sent_at IS NOT NULL THEN
      PERFORM casedesk_refuse('sent_already', 'A connected system has it already; ask it to cancel first.');
    END IF;
    SELECT o.brand_id, o.category_id INTO c FROM cases_case o WHERE o.id = NEW.case_id;
    IF btrim(NEW.waiver) = ''
       OR NOT casedesk_may_waive(NEW.waived_by_id, c.brand_id, NEW.kind_id, c.category_id, NEW.waived_at) THEN
      PERFORM casedesk_refuse('waiver_needs_authority', 'Only somebody with that grant can waive an action, with a reason.');
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- What no longer holds gives back what it used up, and what was asked for something else is void.
CREATE FUNCTION casedesk_action_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status NOT IN ('approved','in_progress','done') AND (NEW.status <> OLD.status OR NOT casedesk_authorised(NEW)) THEN
    UPDATE cases_authorisation SET released_at = now() WHERE action_id = NEW.id AND released_at IS NULL;
  END IF;
  IF NEW.status <> 'awaiting_approval' THEN
    UPDATE cases_approval SET status = 'void' WHERE action_id = NEW.id AND status = 'waiting';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER action_follow AFTER UPDATE OF status, kind_id, amount, currency, wording ON cases_action
  FOR EACH ROW EXECUTE FUNCTION casedesk_action_follow();

-- ---------------------------------------------------------------- promises: broken once, broken for ever

CREATE FUNCTION casedesk_promise_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_promise;
BEGIN
  allowed := NEW;
  allowed.case_id := OLD.case_id; allowed.action_id := OLD.action_id; allowed.due_at := OLD.due_at;
  allowed.made_at := OLD.made_at;
  IF NEW.text IS NOT NULL THEN allowed.text := OLD.text; END IF;
  allowed.broken_at := coalesce(OLD.broken_at, NEW.broken_at);
  allowed.kept_at := coalesce(OLD.kept_at, NEW.kept_at);
  allowed.moved_at := coalesce(OLD.moved_at, NEW.moved_at);
  allowed.dropped_at := coalesce(OLD.dropped_at, NEW.dropped_at);
  IF NEW IS DISTINCT FROM allowed OR (NEW.kept_at IS NOT NULL AND OLD.kept_at IS NULL AND NOT EXISTS (
       SELECT 1 FROM cases_action a WHERE a.id = NEW.action_id AND a.status = 'done')) THEN
    PERFORM casedesk_refuse('promise_never_changes', 'A promise stays as it was made, kept or broken.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER promise_guard BEFORE UPDATE ON cases_promise FOR EACH ROW EXECUTE FUNCTION casedesk_promise_guard();

CREATE FUNCTION casedesk_promise_on_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Kept too late is broken as well, whoever writes it and whether or not a clock was watching.
  IF NEW.broken_at IS NULL AND coalesce(NEW.kept_at, NEW.moved_at) > NEW.due_at THEN
    NEW.broken_at := NEW.due_at;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER promise_on_time BEFORE INSERT OR UPDATE ON cases_promise
  FOR EACH ROW EXECUTE FUNCTION casedesk_promise_on_time();

CREATE FUNCTION casedesk_point_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.decision_id, NEW.outcome, NEW.position) IS DISTINCT FROM (OLD.decision_id, OLD.outcome, OLD.position)
     OR (NEW.raised IS NOT NULL AND NEW.raised IS DISTINCT FROM OLD.raised)
     OR (NEW.reason IS NOT NULL AND NEW.reason IS DISTINCT FROM OLD.reason) THEN
    PERFORM casedesk_refuse('decision_never_changes', 'A decision is kept; record another one instead.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER point_guard BEFORE UPDATE ON cases_point FOR EACH ROW EXECUTE FUNCTION casedesk_point_guard();

CREATE FUNCTION casedesk_point_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cases_decision d JOIN cases_case c ON c.id = d.case_id
              WHERE d.id = NEW.decision_id AND (d.superseded_at IS NOT NULL OR c.status = 'handled')) THEN
    PERFORM casedesk_refuse('decision_never_changes', 'A decision is kept; record another one instead.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER point_belongs BEFORE INSERT ON cases_point FOR EACH ROW EXECUTE FUNCTION casedesk_point_belongs();

-- ---------------------------------------------------------------- what was live once stays as it was: cases point at it

CREATE FUNCTION casedesk_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.playbook_id, NEW.number) IS DISTINCT FROM (OLD.playbook_id, OLD.number)
     OR (OLD.status <> 'draft' AND (NEW.severity, NEW.made_at) IS DISTINCT FROM (OLD.severity, OLD.made_at))
     OR (NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
          ('draft','live'), ('draft','retired'), ('live','retired'))) THEN
    PERFORM casedesk_refuse('version_never_changes', 'A version that was live is kept; make another one.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER version_guard BEFORE UPDATE ON cases_playbookversion
  FOR EACH ROW EXECUTE FUNCTION casedesk_version_guard();

CREATE FUNCTION casedesk_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cases_playbookversion v WHERE v.status <> 'draft'
              AND v.id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.version_id END,
                           CASE WHEN TG_OP <> 'DELETE' THEN NEW.version_id END)) THEN
    PERFORM casedesk_refuse('version_never_changes', 'A version that was live is kept; make another one.');
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER line_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_playbookaction
  FOR EACH ROW EXECUTE FUNCTION casedesk_line_guard();

CREATE FUNCTION casedesk_call_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM casedesk_refuse('delivery_never_changes', 'A request goes to the system it was written for.');
  RETURN NULL;
END $$;
CREATE TRIGGER call_guard BEFORE UPDATE OF action_id, target_id, ask, kind ON cases_delivery FOR EACH ROW
  WHEN ((OLD.action_id, OLD.target_id, OLD.ask, OLD.kind) IS DISTINCT FROM (NEW.action_id, NEW.target_id, NEW.ask, NEW.kind))
  EXECUTE FUNCTION casedesk_call_guard();

-- ---------------------------------------------------------------- nothing is emptied, nothing is deleted

DO $$
DECLARE kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['grant','absence','rate','approval','asked','authorisation','promise','point','callback',
      'target'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION casedesk_never()',
      kept || '_never_emptied', 'cases_' || kept);
    IF kept <> 'rate' THEN
      EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION casedesk_never()',
        kept || '_never_deleted', 'cases_' || kept);
    END IF;
  END LOOP;
END $$;
