// The store's writer thread, bundled beside the bench.
import '../gateway/stores/sqlite/writer'
