-- The logs of the datasets. See ../schema.sql for what a place is.

-- The log of a dataset, with the encoded accumulator over its entries.
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

-- What the entries of a batch share. `earliest` and `latest` bound the times of its accesses.
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
	notices BIGINT NOT NULL,
	subject BLOB,
	activity BLOB,
	event BLOB NOT NULL,
	PRIMARY KEY (batch, position)
);
CREATE INDEX entries_by_subject ON entries (subject, batch, position) WHERE subject IS NOT NULL;
CREATE INDEX entries_by_activity ON entries (activity, batch, position) WHERE activity IS NOT NULL;
CREATE INDEX entries_with_breaches ON entries (batch, position) WHERE breaches > 0;
