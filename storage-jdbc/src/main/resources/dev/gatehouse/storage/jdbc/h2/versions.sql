-- For who runs the scripts by hand, 0000 to the last, and then this: they are not run again.
MERGE INTO gh_schema(version, script) KEY (version) VALUES
  (1, '0001-registry.sql'),
  (2, '0002-signing.sql'),
  (3, '0003-permission.sql'),
  (4, '0004-scheduler.sql'),
  (5, '0005-audit.sql'),
  (6, '0006-schedule.sql'),
  (7, '0007-gate.sql'),
  (8, '0008-workflow.sql'),
  (9, '0009-event.sql');
