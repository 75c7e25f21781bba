-- A place is the number of a block times 2^20, plus the position of what happened in it: it orders everything on the ledger.
-- Moments are milliseconds since 1970. Hashes, pseudonyms and encodings are bytes.

-- One row: the chain that the index belongs to, and the last block that is in it.
CREATE TABLE progress (
	id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	genesis BLOB NOT NULL,
	number BIGINT NOT NULL,
	hash BLOB NOT NULL
);

-- The log of a data set, with the encoded accumulator over its entries.
CREATE TABLE logs (
	id BIGINT NOT NULL PRIMARY KEY,
	dataset BLOB NOT NULL UNIQUE,
	accumulator BLOB NOT NULL
);

-- Members that entries of a log name as reporter or recipient, with the first entry that does.
CREATE TABLE log_members (
	log BIGINT NOT NULL,
	member BIGINT NOT NULL,
	position BIGINT NOT NULL,
	PRIMARY KEY (log, member)
);

-- Roots of the log's perfect trees of 2^8, 2^16, ... leaves, counted from the left. The others follow from these and the entries.
CREATE TABLE trees (
	log BIGINT NOT NULL,
	height BIGINT NOT NULL,
	position BIGINT NOT NULL,
	hash BLOB NOT NULL,
	PRIMARY KEY (log, height, position)
);

-- What the entries of a batch share. `earliest` and `latest` bound the moments of its accesses.
CREATE TABLE batches (
	place BIGINT NOT NULL PRIMARY KEY,
	log BIGINT NOT NULL,
	first BIGINT NOT NULL,
	recorded BIGINT NOT NULL,
	reporter BIGINT NOT NULL,
	time BIGINT NOT NULL,
	spec_version BIGINT NOT NULL,
	code BLOB NOT NULL,
	earliest BIGINT NOT NULL,
	latest BIGINT NOT NULL
);
-- Unique, so that SQLite knows that their order is the order of an answer.
CREATE UNIQUE INDEX batches_by_log ON batches (log, first);
CREATE UNIQUE INDEX batches_by_reporter ON batches (reporter, place);

-- Entries of logs. The position is that in the log; the event is encoded as it stands in the leaf.
CREATE TABLE entries (
	batch BIGINT NOT NULL,
	position BIGINT NOT NULL,
	occurred BIGINT NOT NULL,
	breaches BIGINT NOT NULL,
	subject BLOB,
	activity BLOB,
	event BLOB NOT NULL,
	PRIMARY KEY (batch, position)
);
CREATE INDEX entries_by_subject ON entries (subject, batch, position) WHERE subject IS NOT NULL;
CREATE INDEX entries_by_activity ON entries (activity, batch, position) WHERE activity IS NOT NULL;
CREATE INDEX entries_with_breaches ON entries (batch, position) WHERE breaches > 0;

-- What happened to a subject's consents: 0 granted, 1 narrowed, 2 revoked. Without a consent it is about all of them.
CREATE TABLE consents (
	place BIGINT NOT NULL PRIMARY KEY,
	time BIGINT NOT NULL,
	subject BLOB NOT NULL,
	what BIGINT NOT NULL,
	hospital BIGINT NOT NULL,
	consent BLOB,
	document BLOB NOT NULL
);
CREATE INDEX consents_by_subject ON consents (subject, place);

CREATE TABLE datasets (
	id BLOB NOT NULL PRIMARY KEY,
	place BIGINT NOT NULL,
	time BIGINT NOT NULL,
	owner BIGINT NOT NULL,
	supersedes BLOB
);

CREATE TABLE artifacts (
	id BLOB NOT NULL PRIMARY KEY,
	place BIGINT NOT NULL UNIQUE,
	kind BIGINT NOT NULL,
	owner BIGINT NOT NULL,
	registered BIGINT NOT NULL,
	generated_by BLOB
);

CREATE TABLE activities (
	id BLOB NOT NULL PRIMARY KEY,
	place BIGINT NOT NULL,
	time BIGINT NOT NULL,
	kind BIGINT NOT NULL,
	agent BIGINT NOT NULL
);

-- The end of an activity, and its inputs (0 used, 1 read) and outputs in the order in which it names them.
CREATE TABLE derivations (
	place BIGINT NOT NULL PRIMARY KEY,
	activity BLOB NOT NULL UNIQUE,
	kind BIGINT NOT NULL,
	time BIGINT NOT NULL
);
CREATE TABLE inputs (
	derivation BIGINT NOT NULL,
	position BIGINT NOT NULL,
	artifact BLOB NOT NULL,
	role BIGINT NOT NULL,
	PRIMARY KEY (derivation, position)
);
CREATE TABLE outputs (
	derivation BIGINT NOT NULL,
	position BIGINT NOT NULL,
	artifact BLOB NOT NULL,
	PRIMARY KEY (derivation, position)
);

CREATE TABLE evidence (
	place BIGINT NOT NULL PRIMARY KEY,
	time BIGINT NOT NULL,
	artifact BLOB NOT NULL,
	member BIGINT NOT NULL,
	kind BIGINT NOT NULL,
	document BLOB NOT NULL,
	measure BIGINT NOT NULL,
	threshold BIGINT NOT NULL
);
CREATE INDEX evidence_by_artifact ON evidence (artifact, place);

-- Contributions that were accepted, and claims (without campaign and content). Amounts are decimal, in the smallest unit.
CREATE TABLE rewards (
	place BIGINT NOT NULL PRIMARY KEY,
	time BIGINT NOT NULL,
	annotator BLOB NOT NULL,
	amount TEXT NOT NULL,
	campaign BIGINT,
	content BLOB
);
CREATE INDEX rewards_by_annotator ON rewards (annotator, place);

-- What happened to members after the first block: 0 admitted, 1 suspended, 2 reinstated, 3 removed.
CREATE TABLE members (
	place BIGINT NOT NULL PRIMARY KEY,
	time BIGINT NOT NULL,
	member BIGINT NOT NULL,
	what BIGINT NOT NULL,
	kind BIGINT
);
