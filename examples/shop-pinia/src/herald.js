import { createHerald } from '@herald/uni'
import { fetchHeraldToken, GATEWAY } from './backend'

export const herald = createHerald({
  server: GATEWAY,
  token: fetchHeraldToken,
  namespace: 'shop',
  routes: { inbox: '/pages/messages/messages' },
  onOpen({ message }) {
    const order = message?.data?.order
    if (order === undefined) return false
    uni.navigateTo({ url: `/pages/order/order?id=${order}` })
    return true
  },
})
