// The load generator of the fan-out bench, for the bench of several gateways.
import './fanout-load'
