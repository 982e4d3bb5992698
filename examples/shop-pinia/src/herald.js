import { createHerald } from '@herald/uni'
import { fetchHeraldToken, GATEWAY } from './backend'

export const herald = createHerald({
  server: GATEWAY,
  token: fetchHeraldToken,
  namespace: 'pinia-shop',
  worker: 'herald-sw.js',
  routes: { inbox: '/pages/messages/messages' },
  onOpen({ message, from }) {
    const order = message?.data?.order
    if (order === undefined) return false
    uni.navigateTo({ url: `/pages/order/order?id=${order}&by=${from}` })
    return true
  },
})
