// The pilot, as scripts/run plays it, once for all these tests. The tests of the index come last: they stop and kill
// the node.
import './pilot/play.mjs';
import './pilot/ledger.mjs';
import './pilot/report.mjs';
import './pilot/index.mjs';
