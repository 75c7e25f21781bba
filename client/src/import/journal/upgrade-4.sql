-- Makes the tables of version 3 those of version 4.
-- Accesses on their way to the ledger. They are sent with the same position until it is known what became of them.
CREATE TABLE outbox (
	-- The account that signs, its stream, and the number of the access in it.
	gateway BLOB NOT NULL,
	stream INTEGER NOT NULL,
	number INTEGER NOT NULL,
	source BLOB NOT NULL UNIQUE,
	dataset BLOB NOT NULL,
	event BLOB NOT NULL,
	file TEXT NOT NULL,
	line INTEGER NOT NULL,
	bytes BLOB NOT NULL,
	-- Whether it may be in the log already, from a stream that another client has ended.
	doubtful INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (stream, number)
);

-- The same bytes may be in quarantine as several records.
ALTER TABLE quarantine RENAME TO former_quarantine;
CREATE TABLE quarantine (
	-- blake2-256 of the bytes.
	hash BLOB NOT NULL,
	source BLOB NOT NULL,
	reason TEXT NOT NULL,
	file TEXT NOT NULL,
	line INTEGER NOT NULL,
	-- What the file told about the record beside its bytes, as JSON.
	version TEXT,
	bytes BLOB NOT NULL,
	PRIMARY KEY (hash, source)
);
INSERT INTO quarantine (hash, source, reason, file, line, version, bytes)
	SELECT hash, source, reason, file, line, version, bytes FROM former_quarantine;
DROP TABLE former_quarantine;
CREATE INDEX quarantined ON quarantine (source);
