-- A place is the number of a block times 2^20, plus the position of what happened in it: it orders everything on the ledger.
-- Times are milliseconds since 1970. Hashes, pseudonyms and encodings are bytes.

-- One row: the chain that the index belongs to, and the last block that is in it.
CREATE TABLE progress (
	id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	genesis BLOB NOT NULL,
	number BIGINT NOT NULL,
	hash BLOB NOT NULL
);

-- Events that this release could not read: how many of each domain and version, and the place of the first one.
CREATE TABLE skipped (
	domain BIGINT NOT NULL,
	version BIGINT NOT NULL,
	events BIGINT NOT NULL,
	first BIGINT NOT NULL,
	PRIMARY KEY (domain, version)
);
