import App from './App'
import herald from './herald.js'
// #ifdef VUE3
import { createSSRApp } from 'vue'

export function createApp() {
  const app = createSSRApp(App)
  app.use(herald)
  return { app }
}
// #endif
