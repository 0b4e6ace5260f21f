"""The points programme (积分规则): what a merchant gives points for, in versions that never change."""
