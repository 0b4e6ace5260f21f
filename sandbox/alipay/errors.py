"""Alipay's refusals: a code, its sentence, and the finer code below it."""

MESSAGES = {
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40003": "Insufficient Conditions",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}

SUB_MESSAGES = {
    "isv.missing-method": "缺少方法名参数",
    "isv.missing-app-id": "缺少AppID参数",
    "isv.missing-version": "缺少版本参数",
    "isv.missing-timestamp": "缺少时间戳参数",
    "isv.missing-signature-type": "缺少签名类型参数",
    "isv.missing-signature": "缺少签名参数",
    "isv.invalid-method": "不存在的方法名",
    "isv.invalid-app-id": "无效的AppID参数",
    "isv.invalid-format": "无效的数据格式",
    "isv.invalid-timestamp": "非法的时间戳参数",
    "isv.invalid-signature-type": "无效的签名类型",
    "isv.invalid-charset": "字符集错误",
    "isv.invalid-encrypt-type": "无效的加密类型",
    "isv.invalid-encrypt": "解密异常",
    "isv.invalid-parameter": "参数无效",
    "isv.code-invalid": "授权码code无效",
    "isv.grant-type-invalid": "授权类型无效",
    "isv.refresh-token-invalid": "刷新令牌无效",
    "isv.refresh-token-time-out": "刷新令牌已过期",
    "isv.refreshed-token-invalid": "刷新令牌已被使用",
    "isv.unmatched-app-id": "令牌不属于该应用",
    "isv.invalid-auth-relations": "无效的授权关系",
    "isv.app-call-limited": "应用调用次数超限",
    "isv.insufficient-isv-permissions": "ISV权限不足",
    "isv.insufficient-user-permissions": "用户权限不足",
    "aop.unknow-error": "系统繁忙",
    "isp.unknow-error": "系统繁忙",
    "aop.invalid-auth-token": "无效的访问令牌",
    "aop.auth-token-time-out": "访问令牌已过期",
    "aop.invalid-app-auth-token": "无效的应用授权令牌",
    "SYSTEM_ERROR": "系统繁忙",
}

PLANNED = {
    "20000": "aop.unknow-error",
    "20001": "aop.invalid-auth-token",
    "40001": "isv.missing-method",
    "40002": "isv.invalid-parameter",
    "40003": "isv.invalid-auth-relations",
    "40004": "SYSTEM_ERROR",
    "40005": "isv.app-call-limited",
    "40006": "isv.insufficient-isv-permissions",
}
"""The finer code that comes with a planned fault."""


class Refused(Exception):
    """The gateway answers with a code other than success."""

    def __init__(
        self, code: str, sub_code: str, sub_message: str | None = None, *, in_error_response: bool = False
    ) -> None:
        super().__init__(code, sub_code)
        self.code = code
        self.sub_code = sub_code
        self.in_error_response = in_error_response
        self._sub_message = sub_message

    def node(self) -> dict[str, object]:
        """The fields of the answer."""
        return {
            "code": self.code,
            "msg": MESSAGES[self.code],
            "sub_code": self.sub_code,
            "sub_msg": self._sub_message or SUB_MESSAGES.get(self.sub_code, "未知错误"),
        }
