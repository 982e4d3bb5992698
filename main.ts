import { createSSRApp } from 'vue'
import App from './App.vue'
// #ifdef H5
// uni brings these with its components, and scripts/plain-views.mjs makes elements of them.
import '@dcloudio/uni-components/style/text.css'
import '@dcloudio/uni-components/style/view.css'
// #endif
// Made here and not in a page: one connection for the app's life, and the click that started the app comes once.
import { herald } from '@/pages/shell/own-herald'

export function createApp() {
  const app = createSSRApp(App)
  app.use(herald)
  return { app }
}
