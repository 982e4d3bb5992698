import uni from '@dcloudio/vite-plugin-uni'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [(uni.default ?? uni)()],
  // A dev server that bundled it beforehand would give the components another copy.
  optimizeDeps: { exclude: ['@herald/uni'] },
})
