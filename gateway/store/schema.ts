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
]

/** Brings a file to the newest schema. Throws when a newer Herald wrote it. */
export function migrate(db: Database.Database): void {
  const version = userVersion(db)
  if (version > steps.length) {
    throw new Error(
      `the store is of schema ${String(version)}, newer than this gateway's ${String(steps.length)}`,
    )
  }
  for (const [index, sql] of steps.entries()) {
    if (index < version) continue
    db.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${String(index + 1)}; COMMIT;`)
  }
}

function userVersion(db: Database.Database): number {
  const [row] = db.pragma('user_version') as { user_version: number }[]
  return row?.user_version ?? 0
}
