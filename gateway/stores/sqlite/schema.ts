import type Database from 'libsql'

/**
 * The store's tables, as steps: each runs once, in order, and `user_version` says how far a file is.
 * A step is never changed after a release; a new one is added.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL DEFAULT 1,
    head INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE messages (
    feed INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (feed, seq)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX messages_by_id ON messages (id);
  CREATE TABLE publishes (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
  ) WITHOUT ROWID;
  CREATE INDEX publishes_by_time ON publishes (time);
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    user TEXT REFERENCES users (id),
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX tokens_by_user ON tokens (user);
  CREATE TABLE sign_in_codes (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id),
    expires INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE follows (
    user TEXT NOT NULL,
    feed TEXT NOT NULL,
    muted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user, feed)
  ) WITHOUT ROWID;
  CREATE TABLE reads (
    user TEXT NOT NULL,
    feed TEXT NOT NULL,
    epoch TEXT NOT NULL,
    ranges TEXT NOT NULL,
    PRIMARY KEY (user, feed)
  ) WITHOUT ROWID;
  CREATE TABLE acks (
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    feed TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (user, device, feed)
  ) WITHOUT ROWID;
  `,
  `
  CREATE INDEX follows_by_feed ON follows (feed, user);
  CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE devices (
    user TEXT NOT NULL,
    id TEXT NOT NULL,
    session TEXT NOT NULL,
    expires INTEGER,
    platform TEXT NOT NULL,
    app TEXT,
    locale TEXT,
    time_zone TEXT,
    notifications INTEGER NOT NULL,
    preview INTEGER NOT NULL,
    sound INTEGER NOT NULL,
    quiet_from TEXT,
    quiet_to TEXT,
    live INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL,
    ended INTEGER,
    PRIMARY KEY (user, id)
  ) WITHOUT ROWID;
  CREATE INDEX devices_by_session ON devices (session);
  CREATE TABLE registrations (
    provider TEXT NOT NULL,
    app TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind TEXT NOT NULL,
    token TEXT NOT NULL,
    keys TEXT,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    position INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    PRIMARY KEY (provider, app, environment, kind, token)
  ) WITHOUT ROWID;
  CREATE INDEX registrations_by_device ON registrations (user, device, position);
  CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY,
    feed TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    stage TEXT NOT NULL,
    created INTEGER NOT NULL,
    due INTEGER NOT NULL,
    after_user TEXT NOT NULL DEFAULT '',
    after_device TEXT NOT NULL DEFAULT '',
    owner TEXT,
    claimed_until INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX sweeps_by_due ON sweeps (due);
  CREATE INDEX sweeps_by_feed ON sweeps (feed, first);
  CREATE TABLE pushes (
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    feed TEXT NOT NULL,
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    created INTEGER NOT NULL,
    due INTEGER,
    owner TEXT,
    claimed_until INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0,
    push TEXT,
    collapse TEXT,
    handle TEXT,
    provider TEXT,
    ref TEXT,
    accepted INTEGER,
    acked INTEGER,
    trail TEXT NOT NULL,
    PRIMARY KEY (user, device, feed, epoch, first)
  ) WITHOUT ROWID;
  CREATE INDEX pushes_by_due ON pushes (due) WHERE due IS NOT NULL;
  CREATE INDEX pushes_open ON pushes (user, device) WHERE due IS NOT NULL;
  CREATE INDEX pushes_accepted ON pushes (user, device, accepted) WHERE accepted IS NOT NULL;
  CREATE INDEX pushes_unacked ON pushes (user, device, feed) WHERE accepted IS NOT NULL AND acked IS NULL;
  CREATE INDEX pushes_shown ON pushes (user, feed, epoch, first) WHERE state = 'pushed';
  CREATE INDEX pushes_by_ref ON pushes (provider, ref) WHERE ref IS NOT NULL;
  CREATE INDEX pushes_by_collapse ON pushes (collapse) WHERE collapse IS NOT NULL;
  CREATE INDEX pushes_dead ON pushes (created) WHERE state = 'dead';
  CREATE INDEX pushes_by_age ON pushes (created);
  `,
  `
  CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    known INTEGER NOT NULL
  );
  CREATE TABLE restamps (
    id INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER,
    shift INTEGER NOT NULL DEFAULT 0
  );
  `,
  `
  ALTER TABLE users ADD COLUMN disabled INTEGER;
  ALTER TABLE tokens ADD COLUMN used INTEGER;
  ALTER TABLE devices ADD COLUMN created INTEGER;
  ALTER TABLE devices ADD COLUMN seen INTEGER;
  UPDATE devices SET created = updated;
  ALTER TABLE sign_in_codes ADD COLUMN id TEXT;
  ALTER TABLE sign_in_codes ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
  UPDATE sign_in_codes SET id = 'c_' || lower(hex(randomblob(6))), created = max(0, expires - 3600000);
  CREATE INDEX sign_in_codes_by_user ON sign_in_codes (user);
  CREATE TABLE removed_users (
    id TEXT PRIMARY KEY,
    time INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE removals (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    feed INTEGER
  );
  `,
  `
  ALTER TABLE pushes ADD COLUMN shown TEXT;
  `,
  `
  CREATE TABLE chat_nodes (
    node TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    account TEXT NOT NULL,
    domain TEXT NOT NULL,
    component TEXT NOT NULL,
    registered INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX chat_nodes_by_device ON chat_nodes (user, device, account);
  CREATE TABLE nudges (
    id TEXT PRIMARY KEY,
    node TEXT NOT NULL,
    user TEXT NOT NULL,
    device TEXT NOT NULL,
    account TEXT NOT NULL,
    sender TEXT,
    count INTEGER NOT NULL,
    created INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    due INTEGER,
    owner TEXT,
    claimed_until INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    push TEXT,
    handle TEXT,
    provider TEXT,
    ref TEXT,
    accepted INTEGER,
    trail TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX nudges_by_due ON nudges (due) WHERE due IS NOT NULL;
  CREATE INDEX nudges_open ON nudges (node) WHERE state = 'waiting';
  CREATE INDEX nudges_by_user ON nudges (user, created);
  CREATE INDEX nudges_accepted ON nudges (user, device, accepted) WHERE accepted IS NOT NULL;
  CREATE INDEX nudges_by_age ON nudges (created);
  `,
  `
  CREATE INDEX pushes_perhaps ON pushes (user, feed, epoch, first) WHERE unknown = 1;
  `,
]

/** The schema that this gateway writes. */
export const NEWEST_SCHEMA = steps.length

/**
 * Brings a file to the newest schema, or to an earlier one for tests. Throws when a newer Herald wrote it.
 */
export function migrate(db: Database.Database, to: number = steps.length): void {
  const version = userVersion(db)
  if (version > steps.length) {
    throw new Error(
      `the store is of schema ${String(version)}, newer than this gateway's ${String(steps.length)}`,
    )
  }
  for (const [index, sql] of steps.entries()) {
    if (index < version || index >= to) continue
    db.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${String(index + 1)}; COMMIT;`)
  }
}

/** How far a file is. */
export function userVersion(db: Database.Database): number {
  const [row] = db.pragma('user_version') as { user_version: number }[]
  return row?.user_version ?? 0
}
