/* zx::suspend_token: a thread stays suspended as long as it is open. */
#ifndef LIB_ZX_SUSPEND_TOKEN_H_
#define LIB_ZX_SUSPEND_TOKEN_H_

#include <lib/zx/object.h>

namespace zx
{

class suspend_token final : public object<suspend_token>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_SUSPEND_TOKEN;

	ZX_WRAPPER_(suspend_token);
};

using unowned_suspend_token = unowned<suspend_token>;

} // namespace zx

#endif /* LIB_ZX_SUSPEND_TOKEN_H_ */
