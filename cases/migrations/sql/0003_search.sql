-- Search in the same transaction: one entry per text, made by triggers, English and French, accents and case folded.

CREATE FUNCTION casedesk_fold(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(lower(normalize(words, NFKD)), '[\u0300-\u036F]', '', 'g')
$$;

-- The stem of each word and the stem of its folded form: folding first would lose livré/livrée, not folding would
-- lose reclamation. Beyond 50,000 characters a text is kept whole but not indexed.
CREATE FUNCTION casedesk_document(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('french', f.t) || to_tsvector('french', f.folded) || to_tsvector('english', f.folded)
      || to_tsvector('simple', f.folded)
    FROM (SELECT left(coalesce(words, ''), 50000) AS t, casedesk_fold(left(coalesce(words, ''), 50000)) AS folded) f
$$;

CREATE FUNCTION casedesk_search_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE author text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    UPDATE cases_searchentry SET document = ''::tsvector WHERE source = 'post' AND source_id = NEW.id;
    RETURN NULL;
  END IF;
  SELECT concat_ws(' ', h.platform_user, h.name) INTO author FROM cases_handle h WHERE h.id = NEW.handle_id;
  INSERT INTO cases_searchentry (brand_id, source, source_id, post_id, document, at)
    VALUES (NEW.brand_id, 'post', NEW.id, NEW.id, casedesk_document(concat_ws(' ', author, NEW.text)), NEW.posted_at);
  RETURN NULL;
END $$;
CREATE TRIGGER search_post AFTER INSERT ON cases_post FOR EACH ROW EXECUTE FUNCTION casedesk_search_post();
CREATE TRIGGER search_post_erased AFTER UPDATE OF text ON cases_post FOR EACH ROW
  WHEN (NEW.text IS NULL) EXECUTE FUNCTION casedesk_search_post();

CREATE FUNCTION casedesk_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE what text := TG_ARGV[0];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    UPDATE cases_searchentry SET document = ''::tsvector WHERE source = what AND source_id = NEW.id;
    RETURN NULL;
  END IF;
  INSERT INTO cases_searchentry (brand_id, source, source_id, case_id, document, at)
    SELECT c.brand_id, what, NEW.id, c.id, casedesk_document(NEW.text),
           coalesce((to_jsonb(NEW) ->> 'sent_at')::timestamptz, (to_jsonb(NEW) ->> 'written_at')::timestamptz)
      FROM cases_case c WHERE c.id = NEW.case_id;
  RETURN NULL;
END $$;
CREATE TRIGGER search_message AFTER INSERT ON cases_message FOR EACH ROW EXECUTE FUNCTION casedesk_search_words('message');
CREATE TRIGGER search_message_erased AFTER UPDATE OF text ON cases_message FOR EACH ROW
  WHEN (NEW.text IS NULL) EXECUTE FUNCTION casedesk_search_words('message');
CREATE TRIGGER search_note AFTER INSERT ON cases_note FOR EACH ROW EXECUTE FUNCTION casedesk_search_words('note');
CREATE TRIGGER search_note_erased AFTER UPDATE OF text ON cases_note FOR EACH ROW
  WHEN (NEW.text IS NULL) EXECUTE FUNCTION casedesk_search_words('note');

-- A case is found by its reference and by its complainant's names.
CREATE FUNCTION casedesk_case_document(the_case bigint) RETURNS tsvector LANGUAGE sql STABLE AS $$
  SELECT casedesk_document(concat_ws(' ', c.reference, p.name, p.email, p.phone, p.on_behalf_of,
      (SELECT string_agg(concat_ws(' ', h.platform_user, h.name), ' ') FROM cases_handle h WHERE h.complainant_id = p.id)))
    FROM cases_case c JOIN cases_complainant p ON p.id = c.complainant_id WHERE c.id = the_case
$$;
CREATE FUNCTION casedesk_search_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_searchentry (brand_id, source, source_id, case_id, document, at)
    VALUES (NEW.brand_id, 'case', NEW.id, NEW.id, casedesk_case_document(NEW.id), NEW.opened_at)
  ON CONFLICT (source, source_id) DO UPDATE SET document = EXCLUDED.document;
  RETURN NULL;
END $$;
CREATE TRIGGER search_case AFTER INSERT OR UPDATE OF complainant_id ON cases_case
  FOR EACH ROW EXECUTE FUNCTION casedesk_search_case();

CREATE FUNCTION casedesk_search_complainant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE who bigint := (CASE WHEN TG_TABLE_NAME = 'cases_complainant' THEN to_jsonb(NEW) ->> 'id'
                            ELSE to_jsonb(NEW) ->> 'complainant_id' END)::bigint;
BEGIN
  UPDATE cases_searchentry s SET document = casedesk_case_document(s.source_id)
    FROM cases_case c WHERE c.complainant_id = who AND s.source = 'case' AND s.source_id = c.id;
  RETURN NULL;
END $$;
CREATE TRIGGER search_complainant AFTER UPDATE OF name, email, phone, on_behalf_of ON cases_complainant
  FOR EACH ROW EXECUTE FUNCTION casedesk_search_complainant();
CREATE TRIGGER search_handle AFTER INSERT OR UPDATE ON cases_handle
  FOR EACH ROW EXECUTE FUNCTION casedesk_search_complainant();

-- A post found leads to its case, and is hidden with it.
CREATE FUNCTION casedesk_search_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE cases_searchentry SET case_id = CASE WHEN NEW.left_at IS NULL THEN NEW.case_id END
   WHERE source = 'post' AND source_id = NEW.post_id;
  RETURN NULL;
END $$;
CREATE TRIGGER search_link AFTER INSERT OR UPDATE OF left_at ON cases_casepost
  FOR EACH ROW EXECUTE FUNCTION casedesk_search_link();
