-- The invariants of the design, as PostgreSQL enforces them whoever writes. No trigger asks for a way around it.

-- Refusals carry the SQLSTATE CD001 and a code as HINT, so that the application can say no kindly.
CREATE FUNCTION casedesk_refuse(code text, sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'CD001', MESSAGE = sentence, HINT = code;
END $$;

CREATE FUNCTION casedesk_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM casedesk_refuse('never', format('%s on %s is not possible: what it holds is kept.', TG_OP, TG_TABLE_NAME));
  RETURN NULL;
END $$;

-- ---------------------------------------------------------------- the journal only grows, and chains itself (I7)

CREATE FUNCTION casedesk_event_hash(previous bytea, stream text, stream_id bigint, seq int, kind text, version int,
    actor_kind text, actor_id bigint, person_id bigint, payload jsonb, occurred_at timestamptz, recorded_at timestamptz)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(convert_to(jsonb_build_array(encode(previous, 'hex'), stream, stream_id, seq, kind, version, actor_kind,
    actor_id, person_id, payload, extract(epoch from occurred_at), extract(epoch from recorded_at))::text, 'UTF8'))
$$;

CREATE FUNCTION casedesk_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  SELECT e.seq, e.hash INTO last FROM cases_event e
   WHERE e.stream = NEW.stream AND e.stream_id = NEW.stream_id ORDER BY e.seq DESC LIMIT 1;
  NEW.seq := coalesce(last.seq, 0) + 1;
  NEW.previous := coalesce(last.hash, ''::bytea);
  NEW.recorded_at := clock_timestamp();
  NEW.hash := casedesk_event_hash(NEW.previous, NEW.stream, NEW.stream_id, NEW.seq, NEW.kind, NEW.version,
    NEW.actor_kind, NEW.actor_id, NEW.person_id, NEW.payload, NEW.occurred_at, NEW.recorded_at);
  RETURN NEW;
END $$;
CREATE TRIGGER event_chain BEFORE INSERT ON cases_event FOR EACH ROW EXECUTE FUNCTION casedesk_event_chain();
CREATE TRIGGER event_never BEFORE UPDATE OR DELETE ON cases_event FOR EACH ROW EXECUTE FUNCTION casedesk_never();

-- ---------------------------------------------------------------- posts are never changed, never deleted (I1)

CREATE FUNCTION casedesk_post_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_post;
BEGIN
  allowed := OLD;
  IF EXISTS (SELECT 1 FROM cases_erasure e WHERE e.post_id = OLD.id) THEN
    IF NEW.text IS NULL THEN allowed.text := NULL; END IF;
    IF NEW.wish IS NULL THEN allowed.wish := NULL; END IF;
    IF NEW.salt IS NULL THEN allowed.salt := NULL; END IF;
  END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('post_never_changes', 'A post is kept as it was received.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER post_guard BEFORE UPDATE ON cases_post FOR EACH ROW EXECUTE FUNCTION casedesk_post_guard();
CREATE TRIGGER post_never BEFORE DELETE ON cases_post FOR EACH ROW EXECUTE FUNCTION casedesk_never();
CREATE TRIGGER erasure_never BEFORE UPDATE OR DELETE ON cases_erasure FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_raw_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.channel_id, NEW.brand_id, NEW.external_id, NEW.digest, NEW.received_at)
     IS DISTINCT FROM (OLD.channel_id, OLD.brand_id, OLD.external_id, OLD.digest, OLD.received_at)
     OR (NEW.body IS DISTINCT FROM OLD.body AND NOT (NEW.body IS NULL AND EXISTS (
         SELECT 1 FROM cases_post p JOIN cases_erasure e ON e.post_id = p.id
          WHERE p.channel_id = OLD.channel_id AND p.external_id = OLD.external_id))) THEN
    PERFORM casedesk_refuse('raw_never_changes', 'What arrived is kept as it arrived.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER raw_guard BEFORE UPDATE ON cases_raw FOR EACH ROW EXECUTE FUNCTION casedesk_raw_guard();
CREATE TRIGGER raw_never BEFORE DELETE ON cases_raw FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_observation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_observation;
BEGIN
  allowed := OLD;
  IF NEW.text IS NULL AND EXISTS (SELECT 1 FROM cases_erasure e WHERE e.post_id = OLD.post_id) THEN
    allowed.text := NULL;
  END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('observation_never_changes', 'An observation is kept as it was made.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER observation_guard BEFORE UPDATE ON cases_observation
  FOR EACH ROW EXECUTE FUNCTION casedesk_observation_guard();
CREATE TRIGGER observation_never BEFORE DELETE ON cases_observation FOR EACH ROW EXECUTE FUNCTION casedesk_never();

-- ---------------------------------------------------------------- what was said stays said, to whom it was said (I6)

CREATE FUNCTION casedesk_words_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.text IS DISTINCT FROM OLD.text AND NEW.text IS NOT NULL THEN
    PERFORM casedesk_refuse('words_never_change', 'What was written stays as it was written; write again instead.');
  END IF;
  IF TG_TABLE_NAME <> 'cases_publicreply' AND NEW.case_id IS DISTINCT FROM OLD.case_id THEN
    PERFORM casedesk_refuse('words_never_move', 'What was written stays in its case.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_guard BEFORE UPDATE ON cases_message FOR EACH ROW EXECUTE FUNCTION casedesk_words_guard();
CREATE TRIGGER note_guard BEFORE UPDATE ON cases_note FOR EACH ROW EXECUTE FUNCTION casedesk_words_guard();
CREATE TRIGGER reply_guard BEFORE UPDATE ON cases_publicreply FOR EACH ROW EXECUTE FUNCTION casedesk_words_guard();
CREATE TRIGGER message_never BEFORE DELETE ON cases_message FOR EACH ROW EXECUTE FUNCTION casedesk_never();
CREATE TRIGGER note_never BEFORE DELETE ON cases_note FOR EACH ROW EXECUTE FUNCTION casedesk_never();
CREATE TRIGGER reply_never BEFORE DELETE ON cases_publicreply FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_attachment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM casedesk_refuse('attachment_never_moves', 'A file stays with what it was attached to.');
  RETURN NULL;
END $$;
CREATE TRIGGER attachment_guard BEFORE UPDATE OF post_id, message_id, note_id, action_id, key, digest
  ON cases_attachment FOR EACH ROW EXECUTE FUNCTION casedesk_attachment_guard();

-- ---------------------------------------------------------------- legal moves of a case, its owner, its reference (I2, I4)

CREATE FUNCTION casedesk_case_moves(old_status text, new_status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT (old_status, new_status) IN (
    ('new','open'), ('new','merged'), ('new','dismissed'), ('new','withdrawn'),
    ('open','waiting'), ('open','handled'), ('open','merged'), ('open','dismissed'), ('open','withdrawn'),
    ('waiting','open'), ('waiting','handled'), ('waiting','merged'), ('waiting','dismissed'), ('waiting','withdrawn'),
    ('handled','open'), ('dismissed','open'))
$$;

-- What is missing before a case may be handled: an empty array means the gate is open.
CREATE FUNCTION casedesk_gate(the_case bigint) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE gaps text[] := '{}'; required int; settled int; done int; answer cases_answer; declined timestamptz;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM cases_decision d WHERE d.case_id = the_case AND d.superseded_at IS NULL) THEN
    gaps := gaps || 'decision'::text;
  END IF;
  SELECT count(*), count(*) FILTER (WHERE a.status IN ('done','waived')), count(*) FILTER (WHERE a.status = 'done')
    INTO required, settled, done FROM cases_action a WHERE a.case_id = the_case AND a.is_required;
  IF required = 0 THEN gaps := gaps || 'no_required_action'::text;
  ELSIF settled < required THEN gaps := gaps || 'action_open'::text;
  ELSIF done = 0 THEN gaps := gaps || 'nothing_done'::text;
  END IF;
  SELECT * INTO answer FROM cases_answer a WHERE a.case_id = the_case AND a.superseded_at IS NULL;
  SELECT c.private_declined_at INTO declined FROM cases_case c WHERE c.id = the_case;
  IF answer.id IS NULL OR NOT (
       (answer.route = 'unreachable' AND answer.status = 'unreachable')
    OR (answer.route = 'private' AND answer.status = 'reached' AND EXISTS (
          SELECT 1 FROM cases_message m WHERE m.id = answer.message_id AND m.case_id = the_case AND (m.read_at IS NOT NULL OR EXISTS (
            SELECT 1 FROM cases_delivery v WHERE v.message_id = m.id AND v.status = 'sent'))))
    OR (answer.route = 'public' AND answer.status = 'reached' AND declined IS NOT NULL AND EXISTS (
          SELECT 1 FROM cases_publicreply r
           WHERE r.id = answer.reply_id AND r.case_id = the_case AND r.is_final AND r.status = 'posted'))) THEN
    gaps := gaps || 'final_answer'::text;
  END IF;
  RETURN gaps;
END $$;

CREATE FUNCTION casedesk_may_own(person bigint, brand bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM cases_membership m JOIN cases_user u ON u.id = m.person_id
    WHERE m.person_id = person AND m.brand_id = brand AND m.role IN ('agent','manager') AND u.is_active)
$$;

CREATE FUNCTION casedesk_case_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gaps text[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status NOT IN ('new','open') THEN
      PERFORM casedesk_refuse('illegal_move', format('A case cannot begin as %s.', NEW.status));
    END IF;
  ELSE
    IF NEW.reference <> OLD.reference OR NEW.public_id <> OLD.public_id OR NEW.brand_id <> OLD.brand_id THEN
      PERFORM casedesk_refuse('reference_never_changes', 'A reference, once given, stays with its case.');
    END IF;
    IF NEW.status <> OLD.status AND NOT casedesk_case_moves(OLD.status, NEW.status) THEN
      PERFORM casedesk_refuse('illegal_move', format('A case cannot go from %s to %s.', OLD.status, NEW.status));
    END IF;
  END IF;
  IF NEW.owner_id IS NOT NULL AND NEW.status IN ('open','waiting')
     AND (TG_OP = 'INSERT' OR NEW.owner_id IS DISTINCT FROM OLD.owner_id OR NEW.status <> OLD.status) THEN
    -- The person is locked as well, so that they cannot be deactivated at the same moment.
    PERFORM 1 FROM cases_user u WHERE u.id = NEW.owner_id FOR SHARE;
    IF NOT casedesk_may_own(NEW.owner_id, NEW.brand_id) THEN
      PERFORM casedesk_refuse('not_ownable', 'The owner must be an active agent or manager of the brand.');
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status THEN
    IF NEW.status = 'handled' THEN
      gaps := casedesk_gate(NEW.id);
      IF gaps <> '{}' THEN
        PERFORM casedesk_refuse('gate_closed', 'The case cannot be handled yet: ' || array_to_string(gaps, ', ') || '.');
      END IF;
    ELSIF NEW.status = 'dismissed' AND (
         EXISTS (SELECT 1 FROM cases_decision d WHERE d.case_id = NEW.id AND d.superseded_at IS NULL)
      OR EXISTS (SELECT 1 FROM cases_action a WHERE a.case_id = NEW.id
                 AND a.status IN ('approved','in_progress','done'))) THEN
      PERFORM casedesk_refuse('illegal_move', 'Something is decided or promised already, so the case cannot be dismissed.');
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER case_guard BEFORE INSERT OR UPDATE OF status, owner_id, brand_id, reference, public_id ON cases_case
  FOR EACH ROW EXECUTE FUNCTION casedesk_case_guard();
CREATE TRIGGER case_never BEFORE DELETE ON cases_case FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_counter_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.next_number < OLD.next_number OR NEW.brand_id <> OLD.brand_id THEN
    PERFORM casedesk_refuse('counter_only_grows', 'A reference is never given twice.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER counter_guard BEFORE UPDATE ON cases_counter FOR EACH ROW EXECUTE FUNCTION casedesk_counter_guard();
CREATE TRIGGER counter_never BEFORE DELETE ON cases_counter FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_brand_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM casedesk_refuse('prefix_never_changes', 'The prefix stands in references that were given out.');
  RETURN NULL;
END $$;
CREATE TRIGGER brand_guard BEFORE UPDATE OF prefix ON cases_brand FOR EACH ROW
  WHEN (OLD.prefix IS DISTINCT FROM NEW.prefix) EXECUTE FUNCTION casedesk_brand_guard();

-- ---------------------------------------------------------------- nobody leaves an open case behind (I4)

CREATE FUNCTION casedesk_person_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cases_case c WHERE c.owner_id = OLD.id AND c.status IN ('open','waiting')) THEN
    PERFORM casedesk_refuse('heir_needed', 'This person still owns open cases; hand them over first.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER person_guard BEFORE UPDATE OF is_active ON cases_user FOR EACH ROW
  WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION casedesk_person_guard();
CREATE TRIGGER person_never BEFORE DELETE ON cases_user FOR EACH ROW EXECUTE FUNCTION casedesk_never();

CREATE FUNCTION casedesk_membership_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.role IN ('agent','manager') AND NEW.brand_id = OLD.brand_id
     AND NEW.person_id = OLD.person_id THEN
    RETURN NEW;
  END IF;
  -- Locked against a case being given to this person at the same moment.
  PERFORM 1 FROM cases_user u WHERE u.id = OLD.person_id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM cases_case c WHERE c.owner_id = OLD.person_id AND c.brand_id = OLD.brand_id
             AND c.status IN ('open','waiting')) THEN
    PERFORM casedesk_refuse('heir_needed', 'This person still owns open cases of the brand; hand them over first.');
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER membership_guard BEFORE UPDATE OR DELETE ON cases_membership
  FOR EACH ROW EXECUTE FUNCTION casedesk_membership_guard();

-- ---------------------------------------------------------------- actions: legal moves, proof, waiver (I2, I3)

CREATE FUNCTION casedesk_action_moves(old_status text, new_status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT (old_status, new_status) IN (
    ('proposed','awaiting_approval'), ('proposed','in_progress'), ('proposed','waived'),
    ('awaiting_approval','approved'), ('awaiting_approval','refused'), ('awaiting_approval','waived'),
    ('approved','in_progress'), ('approved','waived'), ('refused','proposed'), ('refused','waived'),
    ('in_progress','done'), ('in_progress','failed'), ('in_progress','waived'),
    ('failed','proposed'), ('failed','waived'))
$$;

-- Writing the case row makes whoever handles the case and whoever touches what the gate looks at wait for each other,
-- at every isolation level; a share lock would not stop a repeatable read.
CREATE FUNCTION casedesk_not_handled(the_case bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE now_status text;
BEGIN
  UPDATE cases_case SET revision = revision + 1 WHERE id = the_case RETURNING status INTO now_status;
  IF now_status = 'handled' THEN
    PERFORM casedesk_refuse('handled_is_frozen', 'The case is handled; reopen it first.');
  END IF;
END $$;

CREATE FUNCTION casedesk_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE demand text; the_brand bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM casedesk_refuse('action_never_deleted', 'An action is kept; waive it with a reason instead.');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status NOT IN ('proposed','in_progress') THEN
      PERFORM casedesk_refuse('illegal_action_move', format('An action cannot begin as %s.', NEW.status));
    END IF;
  ELSE
    IF NEW.case_id <> OLD.case_id THEN
      PERFORM casedesk_refuse('action_never_moves', 'An action stays in its case.');
    END IF;
    IF NEW.status <> OLD.status AND NOT casedesk_action_moves(OLD.status, NEW.status) THEN
      PERFORM casedesk_refuse('illegal_action_move', format('An action cannot go from %s to %s.', OLD.status, NEW.status));
    END IF;
    IF OLD.status = 'done' AND (NEW.kind_id, NEW.amount, NEW.currency, NEW.proof_outcome, NEW.proof_reference,
        NEW.proof_amount, NEW.done_at, NEW.done_by_id) IS DISTINCT FROM (OLD.kind_id, OLD.amount, OLD.currency,
        OLD.proof_outcome, OLD.proof_reference, OLD.proof_amount, OLD.done_at, OLD.done_by_id) THEN
      PERFORM casedesk_refuse('proof_never_changes', 'What was done, and its proof, stay as they are.');
    END IF;
  END IF;
  IF NEW.is_required OR (TG_OP = 'UPDATE' AND OLD.is_required) THEN
    PERFORM casedesk_not_handled(NEW.case_id);
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.status = 'done' AND OLD.status <> 'done' THEN
    SELECT k.proof INTO demand FROM cases_kind k WHERE k.id = NEW.kind_id;
    IF btrim(NEW.proof_outcome) = ''
       OR (demand IN ('reference','amount') AND btrim(NEW.proof_reference) = '')
       OR (demand = 'amount' AND (NEW.proof_amount IS NULL OR NEW.proof_amount <= 0))
       OR (demand = 'file' AND NOT EXISTS (SELECT 1 FROM cases_attachment t WHERE t.action_id = NEW.id)) THEN
      PERFORM casedesk_refuse('proof_missing', format('An action of this kind needs proof: %s.', demand));
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.status = 'waived' AND OLD.status <> 'waived' THEN
    SELECT c.brand_id INTO the_brand FROM cases_case c WHERE c.id = NEW.case_id;
    IF btrim(NEW.waiver) = '' OR NOT EXISTS (
        SELECT 1 FROM cases_membership m JOIN cases_user u ON u.id = m.person_id
         WHERE m.person_id = NEW.waived_by_id AND m.brand_id = the_brand AND m.role = 'manager' AND u.is_active) THEN
      PERFORM casedesk_refuse('waiver_needs_authority', 'Only a manager of the brand can waive an action, with a reason.');
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER action_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_action
  FOR EACH ROW EXECUTE FUNCTION casedesk_action_guard();

-- A proof's file is part of the proof.
CREATE FUNCTION casedesk_proof_file_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cases_action a WHERE a.id = OLD.action_id AND a.status = 'done') THEN
    PERFORM casedesk_refuse('proof_never_changes', 'What was done, and its proof, stay as they are.');
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER proof_file_guard BEFORE DELETE ON cases_attachment FOR EACH ROW
  WHEN (OLD.action_id IS NOT NULL) EXECUTE FUNCTION casedesk_proof_file_guard();

CREATE FUNCTION casedesk_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM casedesk_refuse('decision_never_deleted', 'A decision is kept; record another one instead.');
  END IF;
  IF TG_OP = 'UPDATE' AND ((NEW.case_id, NEW.outcome, NEW.by_id, NEW.at) IS DISTINCT FROM
      (OLD.case_id, OLD.outcome, OLD.by_id, OLD.at)
      OR (NEW.reason IS DISTINCT FROM OLD.reason AND NEW.reason IS NOT NULL)) THEN
    PERFORM casedesk_refuse('decision_never_changes', 'A decision is kept; record another one instead.');
  END IF;
  IF TG_OP = 'INSERT' OR NEW.superseded_at IS DISTINCT FROM OLD.superseded_at THEN
    PERFORM casedesk_not_handled(NEW.case_id);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER decision_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_decision
  FOR EACH ROW EXECUTE FUNCTION casedesk_decision_guard();

CREATE FUNCTION casedesk_answer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM casedesk_refuse('answer_never_deleted', 'A final answer is kept.');
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.case_id, NEW.route, NEW.message_id, NEW.reply_id) IS DISTINCT FROM
      (OLD.case_id, OLD.route, OLD.message_id, OLD.reply_id) THEN
    PERFORM casedesk_refuse('answer_never_changes', 'A final answer is kept; send another one instead.');
  END IF;
  -- A bounce after the case was handled flags the case and takes nothing back by itself; arriving after all clears it.
  IF TG_OP = 'UPDATE' AND NEW.superseded_at IS NOT DISTINCT FROM OLD.superseded_at
     AND OLD.status IN ('reached','bounced') AND NEW.status IN ('reached','bounced') THEN
    RETURN NEW;
  END IF;
  PERFORM casedesk_not_handled(NEW.case_id);
  RETURN NEW;
END $$;
CREATE TRIGGER answer_guard BEFORE INSERT OR UPDATE OF case_id, route, message_id, reply_id, status, superseded_at OR DELETE
  ON cases_answer FOR EACH ROW EXECUTE FUNCTION casedesk_answer_guard();

-- ---------------------------------------------------------------- what goes out is never forgotten (I9)

CREATE FUNCTION casedesk_delivery_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
      ('queued','sending'), ('queued','cancelled'), ('queued','failed'), ('sending','sent'), ('sending','queued'),
      ('sending','unknown'), ('sending','failed'), ('unknown','queued'), ('unknown','sent'), ('unknown','cancelled'),
      ('failed','queued'), ('failed','cancelled'), ('sent','failed')) THEN
    PERFORM casedesk_refuse('illegal_delivery_move', format('A delivery cannot go from %s to %s.', OLD.status, NEW.status));
  END IF;
  IF (NEW.recipient, NEW.message_id, NEW.case_id) IS DISTINCT FROM (OLD.recipient, OLD.message_id, OLD.case_id)
     AND NOT (NEW.recipient = '' AND (NEW.message_id, NEW.case_id) IS NOT DISTINCT FROM (OLD.message_id, OLD.case_id)) THEN
    PERFORM casedesk_refuse('delivery_never_changes', 'A delivery goes to whom it was written for.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER delivery_guard BEFORE UPDATE ON cases_delivery FOR EACH ROW EXECUTE FUNCTION casedesk_delivery_guard();
CREATE TRIGGER delivery_never BEFORE DELETE ON cases_delivery FOR EACH ROW EXECUTE FUNCTION casedesk_never();

-- ---------------------------------------------------------------- nothing is emptied

DO $$
DECLARE kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['event','post','raw','erasure','observation','message','note','publicreply','case',
      'action','decision','answer','delivery','counter','user','casepost','thread','invitation','confirmation',
      'complainant','attachment'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION casedesk_never()',
      kept || '_never_emptied', 'cases_' || kept);
  END LOOP;
  FOREACH kept IN ARRAY ARRAY['casepost','thread','invitation','confirmation','complainant'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION casedesk_never()',
      kept || '_never_deleted', 'cases_' || kept);
  END LOOP;
END $$;

-- Every command counts its case's revision up: with room on the page that touches no index.
ALTER TABLE cases_case SET (fillfactor = 85);

-- A brand without open cases is rare among all cases, not among its own: told so, the planner asks the index of the few.
CREATE STATISTICS case_brand_status (mcv) ON brand_id, status FROM cases_case;
