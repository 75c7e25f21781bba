-- Makes the tables of version 2 those of version 3.
-- A value that only the hospital's pseudonym key makes.
ALTER TABLE home ADD COLUMN naming BLOB;
-- The dataset in whose log an access is.
ALTER TABLE final ADD COLUMN dataset BLOB;
CREATE INDEX sources ON versions (source);
CREATE INDEX names ON consents (consent);
