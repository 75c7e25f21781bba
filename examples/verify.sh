#!/usr/bin/env bash
# Verifies a report, and acts on the exit code of `kexin verify`. It needs no node and no network.
#
#   kexin report text:retina-model-v1 --genesis 0x… --out report.json
#   examples/verify.sh report.json 0x… [OPTION-OF-KEXIN-VERIFY...]
#
# The second argument is the genesis hash, from a source that you trust. KEXIN is the client, by default kexin.
set -euo pipefail

report=${1:?the report}
genesis=${2:?the genesis hash}
shift 2

code=0
answer=$("${KEXIN:-kexin}" --json verify "$report" --genesis "$genesis" "$@") || code=$?
case $code in
	0)
		# The report is true, which is not the same as good news: read the verdict.
		verdict='import json, sys; print(json.load(sys.stdin).get("verdict", {}).get("status", "none in this file"))'
		echo "accepted, and the verdict is: $(python3 -c "$verdict" <<<"$answer")"
		;;
	1) echo "refused: the file does not prove what it states" ;;
	2) echo "not verified: the file can't be read, or an option is wrong" ;;
	4) echo "proved, but the report is older than you asked for" ;;
	5) echo "proved, but it does not show the absence that you asked for" ;;
	*) echo "kexin ended with the unknown code $code" ;;
esac
exit "$code"
