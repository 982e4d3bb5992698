/**
 * The colours of title bar and tab bar for a theme that was chosen against the system's. They are those of
 * theme.json, which uni applies by itself when the theme follows the system; a test compares the two.
 */
export const barColours = {
  light: {
    navBackground: '#FFFFFF',
    tabBackground: '#FFFFFF',
    tabText: '#667085',
    tabTextSelected: '#3D5AFE',
  },
  dark: {
    navBackground: '#1A1D24',
    tabBackground: '#1A1D24',
    tabText: '#98A1B3',
    tabTextSelected: '#8C9EFF',
  },
} as const

const TAB_NAMES = ['inbox', 'feeds', 'settings'] as const

/** The two icons of a tab. */
export function tabIcons(
  scheme: 'light' | 'dark',
  index: number,
): { iconPath: string; selectedIconPath: string } {
  const path = `/static/tab/${TAB_NAMES[index] ?? 'inbox'}${scheme === 'dark' ? '-dark' : ''}`
  return { iconPath: `${path}.png`, selectedIconPath: `${path}-selected.png` }
}
