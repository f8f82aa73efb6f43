-- What stood before there were versions and grants: each playbook becomes its own first version, in force since then,
-- and every brand gets the authority that a new brand starts with.

INSERT INTO cases_playbookversion (playbook_id, number, status, severity, made_at, live_at)
SELECT p.id, 1, 'live', p.severity, now(), now() FROM cases_playbook p;

UPDATE cases_playbookaction a SET version_id = v.id,
  doer = CASE WHEN a.team_id IS NULL THEN 'case_owner' ELSE 'team' END
FROM cases_playbookversion v WHERE v.playbook_id = a.playbook_id;

UPDATE cases_case c SET playbook_version_id = v.id
FROM cases_playbook p JOIN cases_playbookversion v ON v.playbook_id = p.id
WHERE p.category_id = c.category_id AND c.status IN ('new','open','waiting');

INSERT INTO cases_grant (public_id, brand_id, role, kind_ids, currency, per_action, per_complainant, complainant_days,
  "window", may_waive, reason, given_at, uses)
SELECT gen_random_uuid(), b.id, g.role, '{}', b.currency, g.per_action, g.per_complainant, 90, 'month', g.may_waive,
  '', now(), 0
FROM cases_brand b, (VALUES ('agent', 100, 300, false), ('manager', 1000, 3000, true))
  AS g (role, per_action, per_complainant, may_waive);
