import uni from '@dcloudio/vite-plugin-uni'
import herald from '@herald/uni/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  // The service worker of Herald in the build, and one copy of the package in the dev server.
  plugins: [(uni.default ?? uni)(), herald()],
})
