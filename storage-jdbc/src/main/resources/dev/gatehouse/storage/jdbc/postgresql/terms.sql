-- To find records by words, and by values in ext and in the application's fields, where the host
-- asks for it: writers wait while this is made. Hashes of words and values; the array {0} stands
-- for too many, and here for none that were kept, so that such records are looked at too.
CREATE INDEX IF NOT EXISTS gh_audit_terms ON gh_audit USING gin (COALESCE(terms, '{0}'::bigint[]))
  WITH (gin_pending_list_limit = 512);

CREATE INDEX IF NOT EXISTS gh_event_terms ON gh_event USING gin (COALESCE(terms, '{0}'::bigint[]))
  WITH (gin_pending_list_limit = 512);
