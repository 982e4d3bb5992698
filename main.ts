import { createSSRApp } from 'vue'
import App from './App.vue'
import { store } from '@/store'
import { startHerald } from '@/store/start'
// #ifdef H5
import { mountBannerHost } from '@/pages/shell/banner-host'
// #endif

// Here and not in a page: one connection for the app's life, and the click that started the app comes once.
startHerald()
// #ifdef H5
mountBannerHost()
// #endif

export function createApp() {
  const app = createSSRApp(App)
  app.use(store)
  return { app }
}
