import './diagrams.css'

// The system's fonts: VitePress' own are as large as all of the text.
export { default } from 'vitepress/theme-without-fonts'
