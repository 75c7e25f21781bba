#!/usr/bin/env bash
# Asks a node over HTTP with curl: how far its index is, the state of a dataset's log, and the lineage of a model.
#
#   examples/rpc.sh [DATASET [MODEL]]
#
# Each is a hash (0x…) or the text that was hashed, by default those of the pilot. KEXIN_NODE is the address of the
# node, by default http://127.0.0.1:9944.
set -euo pipefail

node=${KEXIN_NODE:-http://127.0.0.1:9944}
node=${node/#ws/http}

hash() { # NAME prints a hash as it is, and hashes other text with BLAKE2b-256
	case $1 in
		0x*) printf '%s' "$1" ;;
		*) printf '0x%s' "$(printf '%s' "$1" | b2sum --length 256 | cut -d ' ' -f 1)" ;;
	esac
}

call() { # METHOD PARAMETERS prints the answer, and fails if it is an error
	local answer
	answer=$(curl --silent --show-error --fail --max-time 30 --header 'Content-Type: application/json' \
		--data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}" "$node")
	printf '%s\n' "$answer"
	[[ $answer != *'"error":{'* ]]
}

dataset=$(hash "${1:-retina-images-v1}")
model=$(hash "${2:-retina-model-v1}")
call index_status '[]'
call access_log "[\"$dataset\"]"
call lineage_trace "[{\"artifact\":\"$model\",\"direction\":\"ancestors\",\"limit\":100}]"
