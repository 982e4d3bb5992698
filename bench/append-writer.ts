// The store's writer thread, bundled beside the bench.
import '../gateway/store/writer'
