/**
 * Settings of a session that Redshift has and PostgreSQL has not. They are kept under `keyshift.` and their names.
 * Source: Amazon Redshift Database Developer Guide, "Configuration reference".
 */

/** Each with the value that SHOW gives while nobody has set it. */
export const REDSHIFT_SETTINGS: ReadonlyMap<string, string> = new Map([
  ['analyze_threshold_percent', '10'],
  ['cast_super_null_on_error', 'on'],
  ['datashare_break_glass_session_var', ''],
  ['default_geometry_encoding', '1'],
  ['describe_field_name_in_uppercase', 'off'],
  ['downcase_delimited_identifier', 'on'],
  ['enable_case_sensitive_identifier', 'off'],
  ['enable_case_sensitive_super_attribute', 'off'],
  ['enable_numeric_rounding', 'on'],
  ['enable_result_cache_for_session', 'on'],
  ['enable_spectrum_oid', 'on'],
  ['enable_vacuum_boost', 'off'],
  ['error_on_nondeterministic_update', 'off'],
  ['interval_forbid_composite_literals', 'off'],
  ['json_serialization_enable', 'off'],
  ['json_serialization_parse_nested_strings', 'off'],
  ['max_concurrency_scaling_clusters', '1'],
  ['max_cursor_result_set_size', 'default'],
  ['mv_enable_aqmv_for_session', 'on'],
  ['navigate_super_null_on_error', 'on'],
  ['parse_super_null_on_error', 'off'],
  ['pg_federation_repeatable_read', 'on'],
  ['query_group', 'unset'],
  ['spectrum_enable_pseudo_columns', 'on'],
  ['spectrum_query_maxerror', '-1'],
  ['stored_proc_log_min_messages', 'info'],
  ['use_fips_ssl', 'off'],
  ['wlm_query_slot_count', '1'],
]);

/** Under which name PostgreSQL keeps one of them. */
export const keptSetting = (name: string): string => `keyshift.${name}`;
