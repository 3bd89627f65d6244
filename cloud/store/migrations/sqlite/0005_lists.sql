-- +goose Up

-- The newest entries first, whoever may see them.
CREATE INDEX audit_entries_newest ON audit_entries (created_at, id);
CREATE INDEX audit_entries_action ON audit_entries (action, created_at, id);
CREATE INDEX audit_entries_object ON audit_entries (object, created_at, id);

-- A few devices of a large site.
DROP INDEX relays_site;
CREATE INDEX relays_site ON relays (site_id, device_id);
DROP INDEX device_states_site;
CREATE INDEX device_states_site ON device_states (site_id, device_id);

-- What is counted for every site of a list; those set up by hand or gone are few.
CREATE INDEX apartments_alive ON apartments (site_id) WHERE deleted_at IS NULL;
CREATE INDEX people_alive ON people (site_id, kind) WHERE deleted_at IS NULL;
CREATE INDEX devices_alive ON devices (site_id, driver) WHERE deleted_at IS NULL;
CREATE INDEX devices_aside ON devices (site_id, id) WHERE driver = 'manual' OR deleted_at IS NOT NULL;
CREATE INDEX device_states_standing ON device_states (site_id, state, version, online, device_id);

-- The doors of a building or of the whole site, which are asked for with every apartment.
CREATE INDEX devices_public ON devices (site_id, building_id) WHERE apartment_id IS NULL AND deleted_at IS NULL;

CREATE INDEX macs_created ON macs (org_id, created_at, mac);

-- Deletions that no delta needs any more, looked for at every edit.
CREATE INDEX desired_entities_gone ON desired_entities (site_id, version) WHERE body IS NULL;

-- +goose Down
SELECT 1;
