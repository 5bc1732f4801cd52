-- A cluster can be paused, resumed and restarted.

ALTER TABLE keyshift.clusters DROP CONSTRAINT clusters_status_check;
ALTER TABLE keyshift.clusters ADD CONSTRAINT clusters_status_check CHECK (status IN (
  'creating', 'available', 'modifying', 'rebooting', 'pausing', 'paused', 'resuming', 'deleting', 'failed'
));
