/**
 * The store's tables, as steps: each runs once, in order. A step is never changed after a release; a new one is added, and
 * only adds, because gateways of the version before run beside this one while they are replaced one by one. Texts compare by
 * bytes (COLLATE "C"), as the embedded store's do: pages go by user and device. JSON stays text, which SQL never reads.
 */
export const steps: readonly string[] = [
  `
  CREATE TABLE feeds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    epoch text NOT NULL,
    first bigint NOT NULL DEFAULT 1,
    head bigint NOT NULL DEFAULT 0,
    last_time bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
  CREATE TABLE messages (
    feed bigint NOT NULL,
    seq bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    time bigint NOT NULL,
    json text NOT NULL,
    PRIMARY KEY (feed, seq)
  );
  CREATE UNIQUE INDEX messages_by_id ON messages (id);
  CREATE TABLE publishes (
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    answer text NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (scope, key)
  );
  CREATE INDEX publishes_by_time ON publishes (time);
  CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    created bigint NOT NULL,
    disabled bigint
  );
  CREATE TABLE tokens (
    id text COLLATE "C" PRIMARY KEY,
    hash text COLLATE "C" NOT NULL UNIQUE,
    "user" text COLLATE "C",
    label text NOT NULL,
    scopes text NOT NULL,
    created bigint NOT NULL,
    expires bigint,
    revoked bigint,
    used bigint
  );
  CREATE INDEX tokens_by_user ON tokens ("user");
  CREATE INDEX tokens_by_revoked ON tokens (revoked) WHERE revoked IS NOT NULL;
  CREATE TABLE sign_in_codes (
    hash text COLLATE "C" PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    created bigint NOT NULL,
    expires bigint NOT NULL
  );
  CREATE INDEX sign_in_codes_by_user ON sign_in_codes ("user");
  CREATE TABLE follows (
    "user" text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    muted smallint NOT NULL DEFAULT 0,
    PRIMARY KEY ("user", feed)
  );
  CREATE INDEX follows_by_feed ON follows (feed, "user");
  CREATE TABLE reads (
    "user" text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    ranges text NOT NULL,
    PRIMARY KEY ("user", feed)
  ) WITH (fillfactor = 70);
  CREATE TABLE acks (
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    seq bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY ("user", device, feed)
  ) WITH (fillfactor = 70);
  CREATE TABLE secrets (
    name text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
  );
  CREATE TABLE devices (
    "user" text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    session text COLLATE "C" NOT NULL,
    expires bigint,
    platform text NOT NULL,
    app text,
    locale text,
    time_zone text,
    notifications smallint NOT NULL,
    preview smallint NOT NULL,
    sound smallint NOT NULL,
    quiet_from text,
    quiet_to text,
    live smallint NOT NULL DEFAULT 0,
    updated bigint NOT NULL,
    ended bigint,
    created bigint,
    seen bigint,
    PRIMARY KEY ("user", id)
  ) WITH (fillfactor = 70);
  CREATE INDEX devices_by_session ON devices (session);
  CREATE INDEX devices_live ON devices ("user", id) WHERE live = 1;
  CREATE TABLE registrations (
    provider text COLLATE "C" NOT NULL,
    app text COLLATE "C" NOT NULL,
    environment text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    keys text,
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    registered bigint NOT NULL,
    PRIMARY KEY (provider, app, environment, kind, token)
  );
  CREATE INDEX registrations_by_device ON registrations ("user", device, position);
  CREATE TABLE sweeps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text COLLATE "C" NOT NULL,
    epoch text NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    stage text NOT NULL,
    created bigint NOT NULL,
    due bigint NOT NULL,
    after_user text COLLATE "C" NOT NULL DEFAULT '',
    after_device text COLLATE "C" NOT NULL DEFAULT '',
    owner text,
    claimed_until bigint NOT NULL DEFAULT 0
  );
  CREATE INDEX sweeps_by_due ON sweeps (due);
  CREATE INDEX sweeps_by_feed ON sweeps (feed, first);
  CREATE TABLE pushes (
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    epoch text COLLATE "C" NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    created bigint NOT NULL,
    due bigint,
    owner text,
    claimed_until bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    unknown bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0,
    push text COLLATE "C",
    collapse text COLLATE "C",
    handle text,
    provider text COLLATE "C",
    ref text COLLATE "C",
    accepted bigint,
    acked bigint,
    shown text,
    trail text NOT NULL,
    PRIMARY KEY ("user", device, feed, epoch, first)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX pushes_by_due ON pushes (due) WHERE due IS NOT NULL;
  CREATE INDEX pushes_open ON pushes ("user", device) WHERE due IS NOT NULL;
  CREATE INDEX pushes_accepted ON pushes ("user", device, accepted) WHERE accepted IS NOT NULL;
  CREATE INDEX pushes_unacked ON pushes ("user", device, feed) WHERE accepted IS NOT NULL AND acked IS NULL;
  CREATE INDEX pushes_shown ON pushes ("user", feed, epoch, first) WHERE state = 'pushed';
  CREATE INDEX pushes_by_ref ON pushes (provider, ref) WHERE ref IS NOT NULL;
  CREATE INDEX pushes_by_collapse ON pushes (collapse) WHERE collapse IS NOT NULL;
  CREATE INDEX pushes_dead ON pushes (created) WHERE state = 'dead';
  CREATE INDEX pushes_by_age ON pushes (created);
  CREATE TABLE device_claims (
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    owner text NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY ("user", device)
  ) WITH (fillfactor = 70);
  CREATE TABLE clock (
    id smallint PRIMARY KEY CHECK (id = 1),
    known bigint NOT NULL
  );
  CREATE TABLE restamps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first bigint NOT NULL,
    last bigint,
    shift bigint NOT NULL DEFAULT 0
  );
  CREATE TABLE removed_users (
    id text COLLATE "C" PRIMARY KEY,
    time bigint NOT NULL
  );
  CREATE TABLE removals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "user" text COLLATE "C" NOT NULL,
    feed bigint
  );
  CREATE TABLE commits (
    id text COLLATE "C" PRIMARY KEY,
    void boolean NOT NULL DEFAULT false
  );
  CREATE TABLE gateways (
    id text PRIMARY KEY,
    started bigint NOT NULL,
    alive_until bigint NOT NULL
  );
  `,
  `
  ALTER TABLE gateways ADD COLUMN name text NOT NULL DEFAULT '', ADD COLUMN version text NOT NULL DEFAULT '',
    ADD COLUMN connections bigint NOT NULL DEFAULT 0, ADD COLUMN bus text NOT NULL DEFAULT 'ok';
  CREATE TABLE changes (
    "user" text COLLATE "C" PRIMARY KEY,
    time bigint NOT NULL
  ) WITH (fillfactor = 70);
  CREATE SEQUENCE places;
  CREATE UNLOGGED TABLE presence (
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    gateway text COLLATE "C" NOT NULL,
    place bigint NOT NULL,
    state text NOT NULL,
    until bigint NOT NULL,
    platform text NOT NULL,
    app text,
    session text COLLATE "C" NOT NULL,
    PRIMARY KEY ("user", device)
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX presence_by_gateway ON presence (gateway);
  `,
  `
  CREATE TABLE chat_nodes (
    node text COLLATE "C" PRIMARY KEY,
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    domain text NOT NULL,
    component text NOT NULL,
    registered bigint NOT NULL
  ) WITH (fillfactor = 70);
  CREATE UNIQUE INDEX chat_nodes_by_device ON chat_nodes ("user", device, account);
  CREATE TABLE nudges (
    id text COLLATE "C" PRIMARY KEY,
    node text COLLATE "C" NOT NULL,
    "user" text COLLATE "C" NOT NULL,
    device text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    sender text,
    count bigint NOT NULL,
    created bigint NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    due bigint,
    owner text,
    claimed_until bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0,
    unknown bigint NOT NULL DEFAULT 0,
    push text COLLATE "C",
    handle text,
    provider text COLLATE "C",
    ref text COLLATE "C",
    accepted bigint,
    trail text NOT NULL
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX nudges_by_due ON nudges (due) WHERE due IS NOT NULL;
  CREATE INDEX nudges_open ON nudges (node) WHERE state = 'waiting';
  CREATE INDEX nudges_by_user ON nudges ("user", created);
  CREATE INDEX nudges_accepted ON nudges ("user", device, accepted) WHERE accepted IS NOT NULL;
  CREATE INDEX nudges_by_age ON nudges (created);
  `,
  `
  CREATE INDEX pushes_perhaps ON pushes ("user", feed, epoch, first) WHERE unknown = 1;
  `,
]
