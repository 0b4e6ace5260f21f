"""WeChat as a server sees it: api.weixin.qq.com with its apps, codes, sessions and tokens."""
