from ui.chat.page import draw_page

draw_page()
