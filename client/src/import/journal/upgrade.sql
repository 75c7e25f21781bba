-- Makes the tables of version 1 those of version 2.
DROP INDEX subjects;
ALTER TABLE consents RENAME COLUMN alive TO stage;
CREATE INDEX subjects ON consents (subject) WHERE stage > 0;
