// The load generator of tools/bench/idle.ts: the same program as that of the fan-out, bundled under a name of its own.
import './fanout-load'
