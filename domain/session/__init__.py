"""Sessions (会话): who is logged in, through which channel and on which device."""
