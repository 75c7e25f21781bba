-- The chain, the member and the pseudonym key that the journal is of, once an import has used it.
CREATE TABLE home (
	genesis BLOB NOT NULL,
	member INTEGER NOT NULL,
	-- A value that only this key makes.
	naming BLOB
);

-- Records that are on the ledger: no block where the ledger had the record before.
CREATE TABLE final (
	source BLOB PRIMARY KEY,
	block BLOB,
	-- The dataset in whose log an access is.
	dataset BLOB
) WITHOUT ROWID;

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

-- Records that could not be brought to the ledger, byte for byte.
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
CREATE INDEX quarantined ON quarantine (source);

-- Every version of a document that an import has met.
CREATE TABLE versions (
	document BLOB NOT NULL,
	source BLOB NOT NULL,
	-- As JSON.
	version TEXT NOT NULL,
	-- What it says: 1 a permission, 2 a refusal, 3 an end, 4 nothing, 5 what can't be mapped.
	kind INTEGER NOT NULL,
	subject BLOB,
	scopes BLOB,
	element TEXT,
	reason TEXT,
	-- Whether it is a refusal that no newer version takes back.
	stands INTEGER NOT NULL DEFAULT 0,
	-- Whether what becomes of it is still to be decided.
	open INTEGER NOT NULL,
	file TEXT NOT NULL,
	line INTEGER NOT NULL,
	bytes BLOB,
	PRIMARY KEY (document, source)
) WITHOUT ROWID;
CREATE INDEX standing ON versions (subject) WHERE stands = 1;
CREATE INDEX sources ON versions (source);

-- Documents of which a version was met that is not carried out yet.
CREATE TABLE changed (
	document BLOB PRIMARY KEY
) WITHOUT ROWID;

-- Consents that were sent to the ledger.
CREATE TABLE consents (
	document BLOB NOT NULL,
	consent BLOB NOT NULL,
	subject BLOB NOT NULL,
	-- Which alternative of its version it is.
	alternative INTEGER NOT NULL,
	-- How far it has come: 1 granted, 2 sent without an answer yet, 0 ended.
	stage INTEGER NOT NULL,
	PRIMARY KEY (document, consent, subject)
) WITHOUT ROWID;
CREATE INDEX subjects ON consents (subject) WHERE stage > 0;
CREATE INDEX names ON consents (consent);

-- What an earlier release noted about a document that no import has met since. It named a document by the hash of its
-- subject and its name.
CREATE TABLE former (
	document BLOB NOT NULL,
	source BLOB NOT NULL,
	consent BLOB,
	alternative INTEGER NOT NULL,
	-- When this version was made.
	changed INTEGER
);
CREATE INDEX former_documents ON former (document);
