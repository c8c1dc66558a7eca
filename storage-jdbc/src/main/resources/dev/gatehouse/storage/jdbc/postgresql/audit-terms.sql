-- To find records by words, and by values in ext and in the application's fields, where the host
-- asks for it: writers wait while this is made, unless it is made beforehand, CONCURRENTLY. Hashes of
-- words and values; the array {0} stands for too many, and here for none that were kept. What is
-- not sorted in yet is looked through by every search, hence the limit in KiB.
CREATE INDEX IF NOT EXISTS gh_audit_terms ON gh_audit USING gin (COALESCE(terms, '{0}'::bigint[]))
  WITH (gin_pending_list_limit = 512);
