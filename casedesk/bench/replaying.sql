-- A brand of its own with as many cases as asked for over the last 120 days, each with a journal of about a dozen lines,
-- two deadlines and an action. Row n of case n; %(every)s is the time from one case to the next.

INSERT INTO cases_complainant (id, public_id, brand_id, name, folded_name, email, phone, language, is_anonymous,
  on_behalf_of, mandate, created_at) SELECT %(base)s + n, gen_random_uuid(), %(brand)s, 'Person ' || n, 'person ' || n,
  '', '', 'en', n %% 5 = 0, '', '', %(since)s FROM generate_series(1, %(count)s / 3 + 1) n;

INSERT INTO cases_raw (id, channel_id, brand_id, external_id, digest, body, received_at, status, reason, attempts)
  SELECT %(base)s + n, %(brand)s, %(brand)s, 'replay-' || %(base)s + n, sha256(n::text::bytea), n::text::bytea, %(since)s,
  'processed', '', 0 FROM generate_series(1, %(count)s) n;

INSERT INTO cases_post (id, public_id, brand_id, channel_id, external_id, raw_id, text, text_rule, salt, digest,
  language, url, posted_at, precision, received_at) SELECT %(base)s + n, gen_random_uuid(), %(brand)s, %(brand)s,
  'replay-' || %(base)s + n, %(base)s + n, 'My parcel ' || n || ' came late again.', 1, '', sha256(n::text::bytea), 'en', '',
  o.at - interval '20 minutes', 'instant', o.at FROM generate_series(1, %(count)s) n,
  LATERAL (SELECT %(since)s + n * %(every)s AS at) o;

INSERT INTO cases_case (id, public_id, brand_id, reference, status, owner_id, team_id, complainant_id, channel_id,
  category_id, severity, language, headline, is_restricted, opened_at, posted_at, handled_at, unanswered_since,
  waiting_for, dismissal, satisfaction, wish, reopened, revision, status_since, due_at, due_goal, is_paused)
  SELECT %(base)s + n, gen_random_uuid(), %(brand)s, 'RPL-' || %(base)s + n, s.status, %(person)s + n %% 40, %(brand)s,
  %(base)s + 1 + n / 3, %(brand)s, %(brand)s, 1 + n %% 4, 'en', '', n %% 500 = 1, o.at, o.at - interval '20 minutes',
  CASE WHEN s.status = 'handled' THEN o.at + interval '5 days' END, NULL, '', '', '', '', 0, 1,
  o.at + interval '5 days', '9999-01-01Z', '', false
  FROM generate_series(1, %(count)s) n, LATERAL (SELECT %(since)s + n * %(every)s AS at) o,
  LATERAL (SELECT CASE WHEN n %% 10 < 8 THEN 'handled' ELSE 'open' END AS status) s;

INSERT INTO cases_casepost (case_id, post_id, joined_at) SELECT %(base)s + n, %(base)s + n, %(since)s + n * %(every)s
  FROM generate_series(1, %(count)s) n;

INSERT INTO cases_action (id, public_id, case_id, kind_id, wording, status, is_required, currency, amount, created_at,
  proof_outcome, proof_reference, done_at, done_by_id, waiver, failure, system_status) SELECT %(base)s + n,
  gen_random_uuid(), %(base)s + n, %(brand)s, '', CASE WHEN n %% 10 < 8 THEN 'done' ELSE 'proposed' END, true, 'EUR',
  20 + n %% 200, o.at, CASE WHEN n %% 10 < 8 THEN 'Paid' ELSE '' END, '',
  CASE WHEN n %% 10 < 8 THEN o.at + interval '4 days' END, CASE WHEN n %% 10 < 8 THEN %(person)s END, '', '', ''
  FROM generate_series(1, %(count)s) n, LATERAL (SELECT %(since)s + n * %(every)s AS at) o;

INSERT INTO cases_observation (post_id, brand_id, kind, at, views, shares, reason, recorded_at) SELECT %(base)s + n,
  %(brand)s, 'reach', o.at, (n %% 97 + 1) * k * k * 30, (n %% 13) * k, '', o.at FROM generate_series(1, %(count)s, 4) n,
  generate_series(1, 4) k, LATERAL (SELECT %(since)s + n * %(every)s + k * interval '1 hour' AS at) o;

INSERT INTO cases_event (stream, stream_id, seq, kind, version, actor_kind, actor_id, person_id, payload, occurred_at,
  recorded_at, previous, hash) SELECT 'case', %(base)s + n, row_number() OVER (PARTITION BY n ORDER BY l.hours, l.kind),
  l.kind, 1, l.actor, CASE l.actor WHEN 'person' THEN %(person)s + n %% 40 END,
  CASE l.actor WHEN 'person' THEN %(person)s + n %% 40 END, l.said, o.at + l.hours * interval '1 hour',
  o.at + l.hours * interval '1 hour', '', '' FROM generate_series(1, %(count)s) n,
  LATERAL (SELECT %(since)s + n * %(every)s AS at, jsonb_build_object('owner', %(person)s + n %% 40) AS owner,
    jsonb_build_object('category', %(brand)s, 'severity', 1 + n %% 4) AS class,
    jsonb_build_object('action', %(base)s + n) AS deed) o, LATERAL (VALUES
    (0, 'case_opened', 'system', o.class, true),
    (0.5 + n %% 7, 'case_assigned', 'person', o.owner, true),
    (1 + n %% 9, 'note_written', 'person', '{}', n %% 2 = 0),
    (2 + n %% 11, 'case_classified', 'person', o.class, n %% 3 = 0),
    (2 + n %% 29, 'reply_posted', 'person', '{}', n %% 5 > 0),
    (20 + n %% 31, 'message_received', 'complainant', '{}', n %% 4 > 0),
    (24 + n %% 41, 'message_sent', 'person', '{}', n %% 4 > 0),
    (25 + n %% 41, 'case_waiting', 'person', '{}', n %% 3 = 0),
    (70 + n %% 37, 'message_received', 'complainant', '{}', n %% 3 = 0),
    (80, 'action_failed', 'system', o.deed, n %% 20 = 0),
    (84, 'action_proposed_again', 'person', o.deed, n %% 20 = 0),
    (90, 'decision_recorded', 'person', '{"outcome": "upheld"}', n %% 10 < 9),
    (96, 'action_completed', 'person', o.deed, n %% 10 < 8),
    (118, 'answer_sent', 'person', '{}', n %% 10 < 8),
    (120, 'case_handled', 'person', '{}', n %% 10 < 8),
    (300, 'case_reopened', 'complainant', o.owner, n %% 50 = 0)) AS l(hours, kind, actor, said, is_so)
  WHERE l.is_so AND o.at + l.hours * interval '1 hour' < now();

INSERT INTO cases_deadline (case_id, brand_id, policy_id, goal, round, started_at, first_due_at, due_at, paused_seconds,
  met_at, met_by, missed_at, ended) SELECT %(base)s + n, %(brand)s, p.id, p.goal, 1, o.at, d.due_at, d.due_at, 0,
  d.met_at, CASE WHEN d.met_at IS NOT NULL THEN 1 END, CASE WHEN d.met_at > d.due_at THEN d.due_at END, ''
  FROM generate_series(1, %(count)s) n, LATERAL (SELECT %(since)s + n * %(every)s AS at) o,
  cases_policy p, LATERAL (SELECT o.at + CASE p.goal WHEN 'first_reply' THEN interval '30 hours' ELSE interval '5 days'
    END AS due_at, CASE p.goal WHEN 'first_reply' THEN CASE WHEN n %% 4 > 0 THEN o.at + (24 + n %% 41) * interval '1 hour'
    END ELSE CASE WHEN n %% 10 < 8 THEN o.at + interval '118 hours' END END AS met_at) d WHERE p.brand_id = %(brand)s;

ANALYZE cases_complainant, cases_post, cases_case, cases_casepost, cases_action, cases_observation, cases_event,
  cases_deadline;
