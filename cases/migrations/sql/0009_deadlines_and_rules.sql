-- Deadlines that stay what they were, and rules that act once per occasion, whoever writes.

-- ---------------------------------------------------------------- a brand that stood before has working hours as well

INSERT INTO cases_calendar (public_id, brand_id, name, zone, week, country, region, is_default, is_active, revision)
SELECT gen_random_uuid(), b.id, b.name, b.zone,
  '{"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]], "wed": [["09:00", "18:00"]], "thu": [["09:00", "18:00"]],
    "fri": [["09:00", "18:00"]]}', '', '', true, true, 1
FROM cases_brand b;

-- ---------------------------------------------------------------- a policy is ended and replaced, never changed

CREATE FUNCTION casedesk_policy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_policy;
BEGIN
  allowed := OLD;
  IF OLD.ended_at IS NULL THEN allowed.ended_at := NEW.ended_at; END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('policy_never_changes', 'A policy is kept as it was; end it and make another one.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER policy_guard BEFORE UPDATE ON cases_policy FOR EACH ROW EXECUTE FUNCTION casedesk_policy_guard();

CREATE FUNCTION casedesk_of_one_brand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.calendar_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM cases_calendar c WHERE c.id = NEW.calendar_id AND c.brand_id = NEW.brand_id) THEN
    PERFORM casedesk_refuse('calendar_of_another_brand', 'The calendar belongs to another brand.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER policy_calendar BEFORE INSERT ON cases_policy FOR EACH ROW EXECUTE FUNCTION casedesk_of_one_brand();
CREATE TRIGGER team_calendar BEFORE INSERT OR UPDATE OF calendar_id, brand_id ON cases_team
  FOR EACH ROW EXECUTE FUNCTION casedesk_of_one_brand();

-- ---------------------------------------------------------------- what a deadline was, it stays

CREATE FUNCTION casedesk_deadline_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- By the key alone: asked for the brand as well, a fresh database reads the index of the brand.
    IF NEW.brand_id IS DISTINCT FROM (SELECT c.brand_id FROM cases_case c WHERE c.id = NEW.case_id) THEN
      PERFORM casedesk_refuse('deadline_of_another_brand', 'The deadline and its case belong to different brands.');
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.case_id, NEW.brand_id, NEW.policy_id, NEW.promise_id, NEW.goal, NEW.round, NEW.started_at)
     IS DISTINCT FROM (OLD.case_id, OLD.brand_id, OLD.policy_id, OLD.promise_id, OLD.goal, OLD.round, OLD.started_at)
  THEN
    PERFORM casedesk_refuse('deadline_never_changes', 'A deadline stays what it was; only its date may move while it is open.');
  END IF;
  IF OLD.missed_at IS NOT NULL AND (NEW.missed_at, NEW.due_at, NEW.first_due_at)
     IS DISTINCT FROM (OLD.missed_at, OLD.due_at, OLD.first_due_at) THEN
    PERFORM casedesk_refuse('deadline_missed_stays', 'A deadline that was missed stays missed, at the date it had.');
  END IF;
  IF (OLD.met_at IS NOT NULL OR OLD.ended_at IS NOT NULL)
     AND (NEW.met_at, NEW.met_by, NEW.ended_at, NEW.ended, NEW.due_at, NEW.first_due_at)
     IS DISTINCT FROM (OLD.met_at, OLD.met_by, OLD.ended_at, OLD.ended, OLD.due_at, OLD.first_due_at) THEN
    PERFORM casedesk_refuse('deadline_never_changes', 'A deadline that was met or has ended stays as it is.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deadline_guard BEFORE INSERT OR UPDATE ON cases_deadline
  FOR EACH ROW EXECUTE FUNCTION casedesk_deadline_guard();

-- Only an event of the case that is named for it meets a deadline: a note, a click on a status or our own mail does not.
CREATE FUNCTION casedesk_deadline_met() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE by_event cases_event;
BEGIN
  SELECT * INTO by_event FROM cases_event e WHERE e.id = NEW.met_by;
  IF by_event.id IS NULL OR by_event.stream <> 'case' OR by_event.stream_id <> NEW.case_id
     OR by_event.kind NOT IN ('reply_posted', 'message_sent', 'answer_sent', 'answer_reached', 'unreachable_recorded',
       'decision_recorded', 'case_handled', 'promise_kept', 'action_completed') THEN
    PERFORM casedesk_refuse('deadline_met_by_nothing', 'Only what was really said or done meets a deadline.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deadline_met_inserted BEFORE INSERT ON cases_deadline FOR EACH ROW WHEN (NEW.met_at IS NOT NULL)
  EXECUTE FUNCTION casedesk_deadline_met();
CREATE TRIGGER deadline_met_updated BEFORE UPDATE OF met_at, met_by ON cases_deadline FOR EACH ROW
  WHEN (NEW.met_at IS NOT NULL AND OLD.met_at IS NULL) EXECUTE FUNCTION casedesk_deadline_met();

CREATE FUNCTION casedesk_extension_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed cases_extension;
BEGIN
  allowed := OLD;
  IF NEW.reason IS NULL THEN allowed.reason := NULL; END IF;
  IF NEW IS DISTINCT FROM allowed THEN
    PERFORM casedesk_refuse('extension_never_changes', 'What was extended, why and by whom is kept.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER extension_guard BEFORE UPDATE ON cases_extension FOR EACH ROW EXECUTE FUNCTION casedesk_extension_guard();

-- How long a case has stood where it stands begins anew with each move, also of one made by hand.
CREATE FUNCTION casedesk_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status_since = OLD.status_since THEN NEW.status_since := clock_timestamp(); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER case_standing BEFORE UPDATE OF status ON cases_case FOR EACH ROW
  WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION casedesk_standing();

-- ---------------------------------------------------------------- a version that was live never changes (I10)

CREATE FUNCTION casedesk_rule_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.status <> 'draft' OR OLD.live_at IS NOT NULL THEN
      PERFORM casedesk_refuse('version_never_changes', 'A version that was live is kept.');
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT 1 FROM cases_rule r WHERE r.id = NEW.rule_id AND r.brand_id = NEW.brand_id) THEN
      PERFORM casedesk_refuse('rule_of_another_brand', 'The version and its rule belong to different brands.');
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.rule_id, NEW.brand_id, NEW.number) IS DISTINCT FROM (OLD.rule_id, OLD.brand_id, OLD.number)
     OR (OLD.status <> 'draft' AND (NEW."when", NEW.trigger, NEW.condition, NEW.steps, NEW.stop, NEW.missed, NEW.live_at,
           NEW.live_by_id, NEW.watched, NEW.swept_from)
         IS DISTINCT FROM (OLD."when", OLD.trigger, OLD.condition, OLD.steps, OLD.stop, OLD.missed, OLD.live_at,
           OLD.live_by_id, OLD.watched, OLD.swept_from))
     OR (NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (('draft','live'), ('live','retired')))
     OR (OLD.status = 'retired' AND NEW.retired_at IS DISTINCT FROM OLD.retired_at) THEN
    PERFORM casedesk_refuse('version_never_changes', 'A version that was live is kept; make another one.');
  END IF;
  IF NEW.status = 'live' AND (NEW.live_at IS NULL OR jsonb_array_length(NEW.steps) = 0) THEN
    PERFORM casedesk_refuse('version_incomplete', 'A live rule says since when, and does at least one thing.');
  END IF;
  IF NEW.status = 'retired' AND NEW.retired_at IS NULL THEN
    PERFORM casedesk_refuse('version_incomplete', 'A retired version says since when.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER rule_version_guard BEFORE INSERT OR UPDATE OR DELETE ON cases_ruleversion
  FOR EACH ROW EXECUTE FUNCTION casedesk_rule_version_guard();

-- ---------------------------------------------------------------- an escalation is of the version that was live (I10)

CREATE FUNCTION casedesk_escalation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v cases_ruleversion;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT * INTO v FROM cases_ruleversion r WHERE r.id = NEW.version_id;
    IF v.rule_id <> NEW.rule_id OR v.brand_id <> NEW.brand_id
       OR NEW.brand_id IS DISTINCT FROM (SELECT c.brand_id FROM cases_case c WHERE c.id = NEW.case_id) THEN
      PERFORM casedesk_refuse('rule_of_another_brand', 'A rule acts on cases of its own brand.');
    END IF;
    IF v.live_at IS NULL OR v.live_at > NEW.noticed_at
       OR (v.retired_at IS NOT NULL AND v.retired_at <= NEW.matched_at) THEN
      PERFORM casedesk_refuse('version_not_live', 'A rule acts on the version that was live at the time.');
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.case_id, NEW.brand_id, NEW.rule_id, NEW.version_id, NEW.occasion, NEW.matched_at, NEW.noticed_at, NEW.event_id,
      NEW.deadline_id, NEW.depth)
     IS DISTINCT FROM (OLD.case_id, OLD.brand_id, OLD.rule_id, OLD.version_id, OLD.occasion, OLD.matched_at,
      OLD.noticed_at, OLD.event_id, OLD.deadline_id, OLD.depth)
     OR (OLD.status <> 'running' AND NEW.status <> OLD.status) THEN
    PERFORM casedesk_refuse('escalation_never_changes', 'What a rule did, on which occasion, is kept.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER escalation_guard BEFORE INSERT OR UPDATE ON cases_escalation
  FOR EACH ROW EXECUTE FUNCTION casedesk_escalation_guard();

CREATE FUNCTION casedesk_escalation_step_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.escalation_id, NEW.number, NEW.kind) IS DISTINCT FROM (OLD.escalation_id, OLD.number, OLD.kind)
     OR (OLD.status <> 'pending' AND (NEW.status, NEW.done_at, NEW.did, NEW.reason)
         IS DISTINCT FROM (OLD.status, OLD.done_at, OLD.did, OLD.reason)) THEN
    PERFORM casedesk_refuse('escalation_never_changes', 'A step that was taken, skipped or failed is not taken again.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER escalation_step_guard BEFORE UPDATE ON cases_escalationstep
  FOR EACH ROW EXECUTE FUNCTION casedesk_escalation_step_guard();

CREATE FUNCTION casedesk_called_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.step_id, NEW.person_id, NEW.case_id, NEW.brand_id)
     IS DISTINCT FROM (OLD.step_id, OLD.person_id, OLD.case_id, OLD.brand_id)
     OR (OLD.status IN ('made', 'dropped') AND NEW.status <> OLD.status) THEN
    PERFORM casedesk_refuse('escalation_never_changes', 'A call that was made is not made again.');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER called_guard BEFORE UPDATE ON cases_call FOR EACH ROW EXECUTE FUNCTION casedesk_called_guard();

-- ---------------------------------------------------------------- what live rules wait for becomes a cue, with the event

-- What a rule can wait for, by the kind of event; vocabulary.HEARS says the same, and a test compares them.
CREATE FUNCTION casedesk_heard(kind text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE kind
    WHEN 'message_received' THEN ARRAY['wrote']
    WHEN 'case_opened' THEN ARRAY['opened']
    WHEN 'case_reopened' THEN ARRAY['reopened']
    WHEN 'case_assigned' THEN ARRAY['assigned']
    WHEN 'case_classified' THEN ARRAY['classified']
    WHEN 'action_added' THEN ARRAY['action_added']
    WHEN 'action_failed' THEN ARRAY['action_failed']
    WHEN 'promise_broken' THEN ARRAY['promise_broken']
    WHEN 'approval_passed_on' THEN ARRAY['unanswered']
    WHEN 'post_observed' THEN ARRAY['reach', 'hidden']
    WHEN 'case_tagged' THEN ARRAY['tagged']
    ELSE ARRAY[]::text[] END
$$;

CREATE FUNCTION casedesk_cue_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_cue (case_id, version_id, event_id, deadline_id, at, attempts, error, try_at)
  SELECT c.id, v.id, NEW.id, NULL, NEW.occurred_at, 0, '', clock_timestamp()
  FROM cases_case c
  JOIN cases_ruleversion v ON v.brand_id = c.brand_id AND v.status = 'live' AND v."when" = ANY(casedesk_heard(NEW.kind))
  JOIN cases_rule r ON r.id = v.rule_id AND r.retired_at IS NULL
  WHERE v.live_at <= NEW.occurred_at
    AND c.id = CASE NEW.stream WHEN 'case' THEN NEW.stream_id
      ELSE (SELECT l.case_id FROM cases_casepost l WHERE l.post_id = NEW.stream_id AND l.left_at IS NULL) END;
  RETURN NULL;
END $$;
CREATE TRIGGER event_cue AFTER INSERT ON cases_event FOR EACH ROW
  WHEN (NEW.kind IN ('message_received', 'case_opened', 'case_reopened', 'case_assigned', 'case_classified',
    'action_added', 'action_failed', 'promise_broken', 'approval_passed_on', 'post_observed', 'case_tagged')
    AND NEW.stream IN ('case', 'post'))
  EXECUTE FUNCTION casedesk_cue_event();

-- The sweep looks forward only. A deadline that is written behind where it has come becomes a cue.
CREATE FUNCTION casedesk_cue_deadline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_cue (case_id, version_id, event_id, deadline_id, at, attempts, error, try_at)
  SELECT NEW.case_id, v.id, NULL, NEW.id, NEW.due_at, 0, '', clock_timestamp()
  FROM cases_ruleversion v JOIN cases_rule r ON r.id = v.rule_id AND r.retired_at IS NULL
  WHERE v.brand_id = NEW.brand_id AND v.status = 'live' AND v."when" = 'deadline'
    AND v.watched IN (NEW.goal, '') AND NEW.due_at <= v.swept_to AND NEW.due_at > v.swept_from;
  RETURN NULL;
END $$;
CREATE TRIGGER deadline_cue_new AFTER INSERT ON cases_deadline FOR EACH ROW
  WHEN (NEW.met_at IS NULL AND NEW.ended_at IS NULL AND NEW.paused_at IS NULL)
  EXECUTE FUNCTION casedesk_cue_deadline();
CREATE TRIGGER deadline_cue_moved AFTER UPDATE OF due_at, paused_at ON cases_deadline FOR EACH ROW
  WHEN (NEW.met_at IS NULL AND NEW.ended_at IS NULL AND NEW.paused_at IS NULL
    AND (OLD.due_at <> NEW.due_at OR OLD.paused_at IS NOT NULL))
  EXECUTE FUNCTION casedesk_cue_deadline();

-- So does a case that turns out to have stood somewhere, or waited for an answer, since before that.
CREATE FUNCTION casedesk_cue_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_cue (case_id, version_id, event_id, deadline_id, at, attempts, error, try_at)
  SELECT NEW.id, v.id, NULL, NULL, since.at, 0, '', clock_timestamp()
  FROM cases_ruleversion v JOIN cases_rule r ON r.id = v.rule_id AND r.retired_at IS NULL
  CROSS JOIN LATERAL (SELECT CASE WHEN v.watched = 'unanswered' THEN NEW.unanswered_since
    WHEN v.watched = NEW.status THEN NEW.status_since END AS at) AS since
  WHERE v.brand_id = NEW.brand_id AND v.status = 'live' AND v."when" = 'lasted'
    AND since.at <= v.swept_to AND since.at > v.swept_from;
  RETURN NULL;
END $$;
CREATE TRIGGER case_cue_new AFTER INSERT ON cases_case FOR EACH ROW EXECUTE FUNCTION casedesk_cue_standing();
CREATE TRIGGER case_cue_moved AFTER UPDATE OF status, status_since, unanswered_since ON cases_case FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.status_since <> NEW.status_since
    OR OLD.unanswered_since IS DISTINCT FROM NEW.unanswered_since)
  EXECUTE FUNCTION casedesk_cue_standing();

-- ---------------------------------------------------------------- the words of a post, as a rule looks for them

CREATE FUNCTION casedesk_words(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT tsvector_to_array(to_tsvector('simple', casedesk_fold(coalesce(words, ''))))
$$;

-- ---------------------------------------------------------------- nothing is emptied, nothing is deleted

DO $$
DECLARE kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['calendar','policy','deadline','extension','deadlinecheck','tag','rule','ruleversion',
      'escalation','escalationstep','call'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION casedesk_never()',
      kept || '_never_emptied', 'cases_' || kept);
    IF kept <> 'ruleversion' THEN
      EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION casedesk_never()',
        kept || '_never_deleted', 'cases_' || kept);
    END IF;
  END LOOP;
END $$;
