"""The words of the example's study.toml and targets.toml."""

from __future__ import annotations

STUDY = """\
# 示例县：虚构的县，供演示和测试使用。地名、人口、设施、坐标均为生成，与任何真实县（市、区）无关。
# 换成自己的数据：把下面 [inputs] 的文件换成本县的文件，其余各项按需修改。

[study]
name  = "示例县"
as_of = 2023-12-31                        # 现状截止日期：此日之后投用的设施不计入
crs   = "auto"                            # 量算平面：自动选 CGCS2000 三度带高斯—克吕格投影

[inputs]                                  # 文件路径相对于本文件所在文件夹
facilities  = ["facilities.xlsx"]         # 四类设施台账，各一张工作表
communities = "communities.gpkg"          # 社区（村）界，含 12 位区划代码和城乡分类
population  = "population.csv"            # 人口点：常住人口、60岁及以上、持证残疾人等
streets     = "streets.osm.pbf"           # 道路
boundary    = "county.geojson"            # 县界
targets     = "targets.toml"              # 年度目标任务

[inputs.tables]                           # 目标任务用到的登记表
parent_schools = "tables/parent_schools.csv"
social_orgs    = "tables/social_orgs.csv"
retrofit       = "tables/retrofit.csv"
workers        = "tables/workers.csv"
care           = "tables/care.csv"

[datum]                                   # 坐标基准：台账表头已写明 2000 国家大地坐标系
facilities = "cgcs2000"

[walk]
snap_limit_m = 500                        # 离最近道路超过此距离的点按“离路网过远”列出，不算覆盖

[output]
profile = "internal"                      # 内部使用；公开版写 "public"
unit    = "示例县民政局"                  # 编制单位

[siting]                                  # 选址：再建 5 家助老食堂，建在哪里受益人最多
service = "elderly_canteen"
count   = 5
"""

TARGETS = """\
# 示例县年度目标任务（虚构）。每个 [[targets]] 一项；due 为完成期限，未到期的按时间进度判断“按期推进”或“滞后”。

[[targets]]
id = "canteen_count"
label = "全县城乡社区助老食堂"
measure = "site_count"
service = "elderly_canteen"
goal = 100
unit = "家"
source = "二、社区养老服务行动"

[[targets]]
id = "party_centre_urban"
label = "城市社区党群服务中心覆盖"
measure = "units_with"
service = "party_centre"
where = { committee = ["居委会"] }
goal = 1.0
source = "一、党建引领行动"

[[targets]]
id = "party_centre_village"
label = "行政村党群服务中心覆盖"
measure = "units_with"
service = "party_centre"
where = { committee = ["村委会"] }
goal = 0.8
source = "一、党建引领行动"

[[targets]]
id = "workers"
label = "社区工作者配备率"
measure = "ratio"
table = "workers"
numerator = "实配社区工作者（人）"
denominator = "应配社区工作者（人）"
goal = 0.8
source = "一、党建引领行动"

[[targets]]
id = "social_org_urban"
label = "城市社区平均社区社会组织"
measure = "mean_per_unit"
table = "social_orgs"
field = "社区社会组织（个）"
where = { committee = ["居委会"] }
goal = 12
unit = "个"
source = "一、党建引领行动"

[[targets]]
id = "social_org_rural"
label = "农村社区平均社区社会组织"
measure = "mean_per_unit"
table = "social_orgs"
field = "社区社会组织（个）"
where = { committee = ["村委会"] }
goal = 6
unit = "个"
source = "一、党建引领行动"

[[targets]]
id = "aging_retrofit"
label = "特殊困难老年人家庭适老化改造"
measure = "sum"
table = "retrofit"
field = "完成适老化改造（户）"
goal = 800
unit = "户"
source = "二、社区养老服务行动"

[[targets]]
id = "monthly_visits"
label = "特殊困难老年人月探访率"
measure = "ratio"
table = "care"
numerator = "月探访老年人（人）"
denominator = "应探访老年人（人）"
goal = 1.0
source = "二、社区养老服务行动"

[[targets]]
id = "carers_trained"
label = "养老护理员培训"
measure = "sum"
table = "care"
field = "养老护理员培训（人次）"
goal = 450
unit = "人次"
source = "二、社区养老服务行动"

[[targets]]
id = "parent_school_urban"
label = "城市社区家长学校（家庭教育指导服务站点）"
measure = "units_with"
table = "parent_schools"
field = "家长学校（个）"
where = { committee = ["居委会"] }
goal = 1.0
source = "三、关爱儿童行动"

[[targets]]
id = "parent_school_village"
label = "行政村家长学校（家庭教育指导服务站点）"
measure = "units_with"
table = "parent_schools"
field = "家长学校（个）"
where = { committee = ["村委会"] }
goal = 0.8
source = "三、关爱儿童行动"

[[targets]]
id = "parent_school_sessions"
label = "每个站点每年家庭教育实践活动"
measure = "min_per_site"
table = "parent_schools"
field = "年度活动次数"
denominator = "家长学校（个）"
goal = 4
unit = "次"
source = "三、关爱儿童行动"

[[targets]]
id = "rukang_township"
label = "有如康家园的乡镇（街道）"
measure = "township_with"
service = "rukang_home"
goal = 1.0
source = "四、残疾人关爱服务行动"

[[targets]]
id = "canteen_reach"
label = "60岁及以上老年人15分钟步行可达助老食堂"
measure = "pop_rate"
service = "elderly_canteen"
goal = 0.5
due = 2025-12-31
source = "二、社区养老服务行动"

[[targets]]
id = "health_people"
label = "每处社区卫生服务中心服务人口"
measure = "people_per_site"
service = "health_centre"
goal = 50000
unit = "人"
source = "六、优质服务基层行"
"""
