-- Makes the tables of version 1 those of version 2.
DROP INDEX subjects;
ALTER TABLE consents RENAME COLUMN alive TO stage;
CREATE INDEX subjects ON consents (subject) WHERE stage > 0;
-- The chain and the member that the journal is of, once an import has used it.
CREATE TABLE home (
	genesis BLOB NOT NULL,
	member INTEGER NOT NULL
);
