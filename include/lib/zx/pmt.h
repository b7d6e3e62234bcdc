/* zx::pmt: pinned memory. */
#ifndef LIB_ZX_PMT_H_
#define LIB_ZX_PMT_H_

#include <lib/zx/object.h>
#include <zircon/calls/device.h>

namespace zx
{

class pmt;

template <> struct object_traits<pmt> {
	static constexpr bool supports_duplication = false;
	static constexpr bool supports_user_signal = false;
	static constexpr bool supports_wait = false;
	static constexpr bool has_peer_handle = false;
};

class pmt final : public object<pmt>
{
      public:
	static constexpr zx_obj_type_t TYPE = ZX_OBJ_TYPE_PMT;

	ZX_WRAPPER_(pmt);

	/*
	 * The handle is given away, whatever the status. A token that is only closed leaves its
	 * pages in quarantine.
	 */
	zx_status_t unpin()
	{
		return zx_pmt_unpin(release());
	}
};

using unowned_pmt = unowned<pmt>;

} // namespace zx

#endif /* LIB_ZX_PMT_H_ */
