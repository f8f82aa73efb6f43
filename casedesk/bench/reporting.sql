-- Five brands with two years of complaints, settled but for the newest. Case n of %(low)s + 1 to %(high)s; what happened
-- to each is drawn once, in bench_life, and every table tells the same.

SELECT setseed(%(low)s / 1e9);

CREATE TEMP TABLE bench_life ON COMMIT DROP AS
SELECT %(base)s + n AS id, b.brand, b.brand * 100 + n %% 5 AS channel, b.brand * 100 + n %% 6 AS team,
  CASE WHEN s.status = 'new' THEN NULL ELSE %(person)s + n %% 40 END AS owner,
  b.brand * 100 + floor(12 * r.category ^ 2)::int AS category,
  CASE WHEN r.other < 0.6 AND NOT s.is_running THEN b.brand * 100 + floor(10 * r.other ^ 2)::int END AS cause,
  1 + floor(4 * r.severity ^ 2)::int AS severity, (ARRAY['en', 'en', 'fr', 'fr', 'de', 'es'])[1 + n %% 6] AS language,
  s.status, s.is_running, n %% 500 = 1 AS is_restricted, %(base)s + n / 5 * 4 + least(n %% 5, 3) AS complainant,
  n %% 5 = 4 AS is_repeat, t.at - r.other * interval '40 minutes' AS posted_at, t.at AS received_at,
  CASE WHEN NOT s.is_running OR r.severity < 0.7 THEN t.replied END AS replied_at,
  CASE WHEN s.status = 'handled' THEN least(t.replied + t.took / 2, now()) END AS decided_at,
  CASE WHEN s.status = 'handled' THEN least(t.replied + t.took, now()) END AS handled_at,
  CASE WHEN s.status IN ('dismissed', 'withdrawn', 'merged') THEN least(t.replied + t.took / 5, now()) END AS ended_at,
  CASE WHEN s.status = 'handled' THEN CASE WHEN r.severity < 0.45 THEN 'upheld' WHEN r.severity < 0.6 THEN
    'partly_upheld' WHEN r.severity < 0.9 THEN 'rejected' ELSE 'settled' END ELSE '' END AS outcome,
  CASE WHEN s.status <> 'handled' OR r.other < 0.5 THEN '' WHEN r.other < 0.85 THEN 'settled' WHEN r.other < 0.93 THEN
    'partly' ELSE 'no' END AS satisfaction,
  (s.status = 'handled' AND n %% 33 = 0)::int AS reopened, r.other, r.amount
  FROM generate_series(%(low)s + 1, %(high)s) n
  CROSS JOIN LATERAL (SELECT random() + n * 0 AS brand, random() AS category, random() AS severity, random() AS running,
    random() AS other, random() AS status, random_normal() AS first, random_normal() AS whole,
    round((30 * exp(random_normal()))::numeric, 2) + 1 AS amount) r
  CROSS JOIN LATERAL (SELECT %(brand)s + CASE WHEN r.brand < 0.4 THEN 0 WHEN r.brand < 0.65 THEN 1 WHEN r.brand < 0.8
    THEN 2 WHEN r.brand < 0.92 THEN 3 ELSE 4 END AS brand) b
  CROSS JOIN LATERAL (SELECT %(since)s + n * %(every)s AS at, %(since)s + n * %(every)s + exp(1.1 * r.first) *
    interval '5 hours' AS replied, exp(r.whole) * interval '3 days' AS took) t
  CROSS JOIN LATERAL (SELECT r.running < exp(-33.0 * (%(count)s - n) / %(count)s) AS is_running) x
  CROSS JOIN LATERAL (SELECT x.is_running, CASE WHEN x.is_running THEN CASE WHEN r.status < 0.1 THEN 'new' WHEN r.status
    < 0.8 THEN 'open' ELSE 'waiting' END WHEN r.status < 0.9 THEN 'handled' WHEN r.status < 0.95 THEN 'dismissed' WHEN
    r.status < 0.97 THEN 'withdrawn' ELSE 'merged' END AS status) s;

UPDATE bench_life SET replied_at = NULL WHERE replied_at > now();

INSERT INTO cases_complainant (id, public_id, brand_id, name, folded_name, email, phone, language, is_anonymous,
  on_behalf_of, mandate, created_at) SELECT DISTINCT ON (complainant) complainant, gen_random_uuid(), brand, 'Person',
  'person', '', '', language, false, '', '', received_at FROM bench_life ORDER BY complainant, id ON CONFLICT DO NOTHING;

INSERT INTO cases_raw (id, channel_id, brand_id, external_id, digest, body, received_at, status, reason, attempts)
  SELECT id, channel, brand, 'report-' || id, '', '', received_at, 'processed', '', 0 FROM bench_life;

INSERT INTO cases_post (id, public_id, brand_id, channel_id, external_id, raw_id, text, text_rule, salt, digest,
  language, url, posted_at, precision, received_at) SELECT id, gen_random_uuid(), brand, channel, 'report-' || id, id,
  'It came late.', 1, '', '', language, '', posted_at, 'instant', received_at FROM bench_life;

INSERT INTO cases_case (id, public_id, brand_id, reference, status, owner_id, team_id, complainant_id, channel_id,
  category_id, cause_id, severity, language, headline, is_restricted, opened_at, posted_at, handled_at, unanswered_since,
  waiting_for, dismissal, satisfaction, wish, reopened, revision, status_since, due_at, due_goal, is_paused)
  SELECT id, gen_random_uuid(), brand, 'Q' || id, status, owner, team, complainant, channel, category, cause, severity,
  language, 'It came late.', is_restricted, received_at, posted_at, handled_at, NULL, '',
  CASE status WHEN 'dismissed' THEN 'Not about us' ELSE '' END, satisfaction, '', reopened, 1,
  coalesce(handled_at, ended_at, received_at), '9999-01-01Z', '', false FROM bench_life;

INSERT INTO cases_casepost (case_id, post_id, joined_at) SELECT id, id, received_at FROM bench_life;

INSERT INTO cases_triage (post_id, brand_id, kind, category_id, severity, triaged_at) SELECT id, brand,
  CASE id %% 20 WHEN 0 THEN 'praise' WHEN 1 THEN 'question' ELSE 'complaint' END, category, severity, received_at
  FROM bench_life;

INSERT INTO cases_casefigures (case_id, brand_id, channel_id, team_id, owner_id, category_id, first_category_id,
  cause_id, severity, language, status, outcome, satisfaction, is_restricted, is_guarded, is_running, is_public,
  is_repeat, posted_at, received_at, replied_at, public_at, private_at, declined_at, decided_at, handled_at, ended_at,
  confirmed_at, back_at, moved_on_at, reopened, said_no, in_queue, with_owner, in_approval, with_complainant,
  with_system, holder, counted_to) SELECT id, brand, channel, team, owner, category,
  CASE WHEN id %% 10 = 0 THEN brand * 100 ELSE category END, cause, severity, language, status, outcome, satisfaction,
  is_restricted, is_restricted, is_running, channel %% 5 < 3, is_repeat, posted_at, received_at, replied_at,
  CASE WHEN channel %% 5 < 3 THEN replied_at END, CASE WHEN other < 0.7 THEN replied_at + interval '3 hours' END,
  CASE WHEN other > 0.95 THEN replied_at END, decided_at, handled_at, ended_at,
  CASE WHEN satisfaction <> '' THEN handled_at + interval '1 day' END,
  CASE WHEN is_repeat AND handled_at IS NOT NULL AND other > 0.9 THEN handled_at + interval '20 days' END,
  coalesce(handled_at, ended_at, replied_at, received_at), reopened, (satisfaction = 'no')::int, 3600 * (id %% 9),
  7200 * (id %% 31), 600 * (id %% 7), 5400 * (id %% 23), 300 * (id %% 5),
  CASE WHEN is_running THEN (ARRAY['queue', 'owner', 'owner', 'approval', 'complainant', 'system'])[1 + id %% 6]
    ELSE '' END, coalesce(handled_at, ended_at, replied_at, received_at) FROM bench_life;

INSERT INTO cases_casemovement (case_id, brand_id, seq, kind, at) SELECT id, brand, m.seq, m.kind, m.at FROM bench_life,
  LATERAL (VALUES (1, 'received', received_at), (9, status, coalesce(handled_at, ended_at)),
    (20, CASE reopened WHEN 1 THEN 'reopened' END, handled_at + interval '1 day'),
    (21, CASE reopened WHEN 1 THEN 'handled' END, handled_at + interval '2 days')) m (seq, kind, at)
  WHERE m.kind IS NOT NULL AND m.at IS NOT NULL;

INSERT INTO cases_decision (case_id, outcome, reason, by_id, at) SELECT id, outcome, '', owner, decided_at
  FROM bench_life WHERE outcome <> '';

INSERT INTO cases_action (id, public_id, case_id, kind_id, wording, status, is_required, due_at, currency, amount,
  created_at, proof_outcome, proof_reference, proof_amount, done_at, done_by_id, waived_at, waived_by_id, waiver, failure,
  system_status) SELECT id * 3 + k, gen_random_uuid(), id, brand * 100 + (id + k) %% 8, '', a.status, true,
  received_at + interval '4 days', CASE k WHEN 0 THEN 'EUR' ELSE '' END, CASE k WHEN 0 THEN amount END,
  received_at + k * interval '2 hours', CASE a.status WHEN 'done' THEN 'Done' ELSE '' END,
  CASE WHEN a.status = 'done' AND id %% 3 > 0 THEN 'R' || id ELSE '' END,
  CASE WHEN a.status = 'done' AND k = 0 THEN amount END, CASE a.status WHEN 'done' THEN a.at END,
  CASE a.status WHEN 'done' THEN owner END, CASE a.status WHEN 'waived' THEN a.at END,
  CASE a.status WHEN 'waived' THEN owner END, CASE a.status WHEN 'waived' THEN 'Not wanted' ELSE '' END, '', ''
  FROM bench_life, generate_series(0, 2) k, LATERAL (SELECT CASE WHEN is_running THEN 'proposed' WHEN status <> 'handled'
    OR (id + k) %% 20 = 0 THEN 'waived' ELSE 'done' END AS status, coalesce(handled_at, ended_at) AS at) a;

INSERT INTO cases_promise (public_id, case_id, action_id, text, due_at, made_at, broken_at, kept_at, dropped_at, said)
  SELECT gen_random_uuid(), id, id * 3, 'Paid', p.due_at, received_at, CASE WHEN coalesce(handled_at, ended_at, now()) >
  p.due_at AND ended_at IS NULL THEN p.due_at END, handled_at, ended_at, satisfaction FROM bench_life,
  LATERAL (SELECT received_at + interval '6 days' AS due_at) p;

INSERT INTO cases_deadline (case_id, brand_id, policy_id, goal, round, started_at, first_due_at, due_at, paused_seconds,
  met_at, met_by, missed_at, ended_at, ended) SELECT o.id, o.brand, p.id, p.goal, 1, o.received_at, d.due_at, d.due_at, 0,
  d.met_at, CASE WHEN d.met_at IS NOT NULL THEN 1 END,
  CASE WHEN d.ended_at IS NULL AND coalesce(d.met_at, now()) > d.due_at THEN d.due_at END, d.ended_at,
  CASE WHEN d.ended_at IS NULL THEN '' ELSE 'case_ended' END FROM bench_life o JOIN cases_policy p ON p.brand_id = o.brand,
  LATERAL (SELECT o.received_at + CASE p.goal WHEN 'first_reply' THEN interval '8 hours' ELSE interval '8 days' END,
    CASE p.goal WHEN 'first_reply' THEN o.replied_at ELSE o.handled_at END,
    CASE WHEN p.goal = 'first_reply' AND o.replied_at IS NOT NULL THEN NULL ELSE o.ended_at END) d (due_at, met_at, ended_at);
