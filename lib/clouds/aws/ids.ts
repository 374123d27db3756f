/** The id of an EC2 instance: 8 hexadecimal digits, or 17 since 2016 (EC2's "Resource IDs"). */
export const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
