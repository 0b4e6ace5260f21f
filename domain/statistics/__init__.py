"""Statistics (数据统计): figures that follow what is stored, and can be counted again from it at any time."""
