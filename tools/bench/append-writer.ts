// The store's writer thread, bundled beside the bench.
import '@herald/gateway/stores/sqlite/writer'
