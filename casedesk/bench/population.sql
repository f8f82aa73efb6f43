-- One statement per table; rows n from %(low)s + 1 to %(high)s. Two years of cases, the newest last, three in ten
-- unhandled.

INSERT INTO cases_complainant (id, public_id, brand_id, name, folded_name, email, phone, language, is_anonymous,
  on_behalf_of, mandate, created_at) SELECT %(base)s + n, gen_random_uuid(), 1 + n %% %(brands)s, 'Person ' || n,
  'person ' || n, '', '', 'en', false, '', '', now() - interval '730 days' + (n %% 1000003) * interval '63 seconds'
  FROM generate_series(%(low)s + 1, %(high)s) n;

INSERT INTO cases_handle (id, complainant_id, brand_id, platform, platform_user, name) SELECT %(base)s + n, %(base)s
  + n, 1 + n %% %(brands)s, 'social', 'person' || n, 'Person ' || n FROM generate_series(%(low)s + 1, %(high)s) n;

INSERT INTO cases_raw (id, channel_id, brand_id, external_id, digest, body, received_at, status, reason, attempts)
  SELECT %(base)s + n, 1 + n %% %(brands)s, 1 + n %% %(brands)s, 'bench-' || n, sha256(n::text::bytea),
  n::text::bytea, now() - interval '730 days' + (n %% 1000003) * interval '63 seconds', 'processed', '', 0 FROM
  generate_series(%(low)s + 1, %(high)s) n;

INSERT INTO cases_post (id, public_id, brand_id, channel_id, handle_id, external_id, raw_id, text, text_rule, salt,
  digest, language, url, posted_at, precision, received_at) SELECT %(base)s + n, gen_random_uuid(), 1 + n %%
  %(brands)s, 1 + n %% %(brands)s, %(base)s + n, 'bench-' || n, %(base)s + n, t.words, 1, '', sha256(n::text::bytea),
  'en', '', now() - interval '730 days' + (n %% 1000003) * interval '63 seconds', 'instant', now() - interval '730
  days' + (n %% 1000003) * interval '63 seconds' FROM generate_series(%(low)s + 1, %(high)s) n JOIN bench_text t ON
  t.number = n %% %(texts)s;

INSERT INTO cases_case (id, public_id, brand_id, reference, status, owner_id, team_id, complainant_id, channel_id,
  category_id, severity, language, headline, is_restricted, opened_at, posted_at, handled_at, unanswered_since,
  waiting_for, dismissal, satisfaction, wish, reopened, revision, status_since, due_at, due_goal, is_paused) SELECT %(base)s + n, gen_random_uuid(), 1 + n %%
  %(brands)s, 'B' || chr(65 + n %% %(brands)s) || '-' || (1000000 + n), s.status, CASE WHEN s.status <> 'new' THEN 1 +
  (n / 10) %% %(agents)s END, 1 + n %% %(brands)s, %(base)s + n, 1 + n %% %(brands)s, (1 + n %% %(brands)s) * 100 + (n
  / 7) %% 12, 1 + (n / 3) %% 4, 'en', left(t.words, 120), n %% 500 = 1, now() - interval '730 days' + (n %% 1000003) *
  interval '63 seconds', now() - interval '730 days' + (n %% 1000003) * interval '63 seconds', CASE WHEN s.status =
  'handled' THEN now() - interval '730 days' + (n %% 1000003) * interval '63 seconds' + interval '5 days' END, CASE
  WHEN s.status IN ('new','open') THEN now() - interval '730 days' + (n %% 1000003) * interval '63 seconds' END, '',
  '', '', '', 0, 1, now() - interval '730 days' + (n %% 1000003) * interval '63 seconds', '9999-01-01Z', '', false FROM
  generate_series(%(low)s + 1, %(high)s) n JOIN bench_text t ON t.number = n %% %(texts)s, LATERAL
  (SELECT CASE n %% 10 WHEN 0 THEN 'new' WHEN 1 THEN 'open' WHEN 2 THEN 'waiting' ELSE 'handled' END AS status) s;

INSERT INTO cases_casepost (case_id, post_id, joined_at) SELECT %(base)s + n, %(base)s + n, now() - interval '730
  days' + (n %% 1000003) * interval '63 seconds' FROM generate_series(%(low)s + 1, %(high)s) n;

INSERT INTO cases_triage (post_id, brand_id, kind, category_id, severity, triaged_at) SELECT %(base)s + n, 1 + n %%
  %(brands)s, 'complaint', (1 + n %% %(brands)s) * 100 + (n / 7) %% 12, 1 + (n / 3) %% 4, now() - interval '730 days'
  + (n %% 1000003) * interval '63 seconds' FROM generate_series(%(low)s + 1, %(high)s) n;

INSERT INTO cases_action (public_id, case_id, kind_id, wording, status, is_required, due_at, currency, created_at,
  proof_outcome, proof_reference, done_at, done_by_id, waiver, failure, system_status) SELECT gen_random_uuid(), %(base)s + n, 1 + n
  %% %(brands)s, '', CASE WHEN n %% 10 > 2 THEN 'done' ELSE 'proposed' END, true, now() - interval '730 days' + (n %%
  1000003) * interval '63 seconds' + interval '5 days', '', now() - interval '730 days' + (n %% 1000003) * interval
  '63 seconds', CASE WHEN n %% 10 > 2 THEN 'Paid' ELSE '' END, CASE WHEN n %% 10 > 2 THEN 'RF-' || n ELSE '' END, CASE
  WHEN n %% 10 > 2 THEN now() - interval '730 days' + (n %% 1000003) * interval '63 seconds' END, CASE WHEN n %% 10 >
  2 THEN 1 END, '', '', '' FROM generate_series(%(low)s + 1, %(high)s) n;

INSERT INTO cases_event (stream, stream_id, seq, kind, version, actor_kind, payload, occurred_at, recorded_at,
  previous, hash) SELECT 'case', %(base)s + n, 1, 'case_opened', 1, 'system', '{}', e.at, e.at, '',
  casedesk_event_hash('', 'case', %(base)s + n, 1, 'case_opened', 1, 'system', NULL, NULL, '{}', e.at, e.at) FROM
  generate_series(%(low)s + 1, %(high)s) n, LATERAL (SELECT now() - interval '730 days' + (n %% 1000003) * interval
  '63 seconds' AS at) e;

INSERT INTO cases_searchentry (brand_id, source, source_id, case_id, post_id, document, at) SELECT 1 + n %%
  %(brands)s, 'post', %(base)s + n, %(base)s + n, %(base)s + n, t.document, now() - interval '730 days' + (n %%
  1000003) * interval '63 seconds' FROM generate_series(%(low)s + 1, %(high)s) n JOIN bench_text t ON t.number = n %%
  %(texts)s;

INSERT INTO cases_searchentry (brand_id, source, source_id, case_id, document, at) SELECT 1 + n %% %(brands)s,
  'case', %(base)s + n, %(base)s + n, to_tsvector('simple', 'person ' || n), now() - interval '730 days' + (n %%
  1000003) * interval '63 seconds' FROM generate_series(%(low)s + 1, %(high)s) n;
