from ui.chat.shell import draw_page

draw_page()
