-- Identity providers that an account trusts. `id` owns their tags and keys; `name` and `url` stay for life.

CREATE TABLE keyshift.iam_saml_providers (
  account_id       text NOT NULL REFERENCES keyshift.accounts,
  id               text NOT NULL,
  name             text NOT NULL,
  folded           text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name COLLATE "C")) STORED,
  metadata         text NOT NULL,
  encryption_mode  text CHECK (encryption_mode IN ('Required', 'Allowed')),
  valid_until      timestamptz NOT NULL,
  created_at       timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_saml_providers_name ON keyshift.iam_saml_providers (account_id, folded);

-- Private keys that open encrypted assertions: sealed, and never shown again.
CREATE TABLE keyshift.iam_saml_provider_keys (
  account_id   text NOT NULL,
  provider_id  text NOT NULL,
  key_id       text NOT NULL,
  sealed       bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (account_id, provider_id, key_id),
  FOREIGN KEY (account_id, provider_id) REFERENCES keyshift.iam_saml_providers ON DELETE CASCADE
);

-- `url` is without its scheme, which is always https.
CREATE TABLE keyshift.iam_oidc_providers (
  account_id   text NOT NULL REFERENCES keyshift.accounts,
  id           text NOT NULL,
  url          text NOT NULL,
  folded       text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(url COLLATE "C")) STORED,
  client_ids   text[] NOT NULL,
  thumbprints  text[] NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (account_id, id)
);

CREATE UNIQUE INDEX iam_oidc_providers_url ON keyshift.iam_oidc_providers (account_id, folded);
